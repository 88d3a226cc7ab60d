#include "preload/hooks/descriptors/descriptor_functions.h"

namespace mqtrack::hooks {

constinit DescriptorFunctions descriptor_functions = {};

void ResolveDescriptorFunctions() {
#define MQTRACK_RESOLVE(name, result, arguments) \
  descriptor_functions.name = reinterpret_cast<result(*) arguments>(FindNext(#name));
  MQTRACK_DESCRIPTOR_FUNCTIONS(MQTRACK_RESOLVE)
#undef MQTRACK_RESOLVE
}

}  // namespace mqtrack::hooks
