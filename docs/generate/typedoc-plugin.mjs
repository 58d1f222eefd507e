// Loosens typedoc's rule that everything public is documented where it asks for the obvious: the members of a type written out in place
// (`{ readonly done: Promise<void> }`) are explained by the comment of what has that type, and a member that implements a documented
// interface or overrides a class of the platform (`name` of an error) says nothing new. A blank comment is what typedoc takes for one.
import { Comment, Converter, ReflectionKind } from 'typedoc'

const MEMBERS =
  ReflectionKind.Property | ReflectionKind.Method | ReflectionKind.Accessor | ReflectionKind.CallSignature | ReflectionKind.GetSignature

/** Whether the reflection stands inside a type literal that is not a type alias of its own. */
function isInPlace(reflection) {
  for (let parent = reflection.parent; parent; parent = parent.parent) {
    if (parent.kindOf(ReflectionKind.TypeLiteral)) return !parent.parent?.kindOf(ReflectionKind.TypeAlias)
  }
  return false
}

/** Whether the platform, or a documented interface of ours, says what the member is. */
function isInherited(reflection) {
  const member = reflection.kindOf(ReflectionKind.SomeSignature) ? reflection.parent : reflection
  return [reflection, member].some((of) => of.implementationOf !== undefined || of.overwrites !== undefined)
}

export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    for (const reflection of project.getReflectionsByKind(MEMBERS)) {
      if (reflection.hasComment() || !(isInPlace(reflection) || isInherited(reflection))) continue
      reflection.comment = new Comment([{ kind: 'text', text: ' ' }])
    }
  })
}
