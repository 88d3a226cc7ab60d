#include "preload/hooks/descriptors/descriptor_functions.h"

namespace mqtrack::hooks {

constinit DescriptorFunctions descriptor_functions = {};

void ResolveDescriptorFunctions() {
#define MQTRACK_RESOLVE_OPENER(kind, name, parameters, arguments) MQTRACK_RESOLVE(name, int, parameters)
#define MQTRACK_RESOLVE(name, result, arguments) \
  descriptor_functions.name = reinterpret_cast<result(*) arguments>(FindNext(#name));
  MQTRACK_DESCRIPTOR_OPENERS(MQTRACK_RESOLVE_OPENER)
  MQTRACK_DESCRIPTOR_FUNCTIONS(MQTRACK_RESOLVE)
#undef MQTRACK_RESOLVE
#undef MQTRACK_RESOLVE_OPENER
}

}  // namespace mqtrack::hooks
