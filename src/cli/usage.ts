// What `kafkalite --help` says. Kept apart so that help needs nothing else to be loaded.

export const USAGE = `kafkalite: Kafka's log in one process

  kafkalite serve [options]    a broker that Kafka's clients connect to, until SIGTERM or SIGINT
  kafkalite --version
  kafkalite --help

Options of serve:
  --listen HOST:PORT           where to listen; several times for several addresses; port 0 is any free one (127.0.0.1:9092)
  --advertise HOST:PORT        where clients are told to connect, when that is another address
  --allow-anonymous            lets anybody in who reaches an address that is not this machine's own
  --users FILE                 asks clients who they are: NAME:PASSWORD in each line; or in the variable KAFKALITE_USERS
  --mechanisms LIST            of PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512, with commas between; all three unless told otherwise
  --tls-cert FILE --tls-key FILE   encrypts, with this certificate and its key in PEM
  --tls-ca FILE                lets in only clients with a certificate of this authority
  --data DIR                   keeps everything in this folder; without it in memory
  --flush os|interval|always   when a record counts as written: in the page cache, synced every second, synced at once (os)
  --topic NAME[:PARTITIONS]    creates the topic unless it is there; several times for several
  --auto-create                creates topics when they are first used (on, as in Kafka; off with --no-auto-create)
  --set NAME=VALUE             a broker config in Kafka's name, for instance --set num.partitions=4; several times for several`
