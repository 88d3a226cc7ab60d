// Where a stack begins: the frame of a hook, which must have been compiled with a frame pointer. The first address of
// the stack is the hook's return address. MQTRACK_THIS_FRAME gives it, evaluated in the hook.
#pragma once

#include "preload/recorder/cpu/cpu.h"

namespace mqtrack::recorder {

using StartFrame = cpu::FrameOfHook;

}  // namespace mqtrack::recorder
