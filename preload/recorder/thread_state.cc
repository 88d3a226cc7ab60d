#include "preload/recorder/thread_state.h"

namespace mqtrack::recorder {

thread_local constinit ThreadState thread_state = {};

}  // namespace mqtrack::recorder
