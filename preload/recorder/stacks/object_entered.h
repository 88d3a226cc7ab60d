// Who else wants to know of a loaded object as soon as a stack runs through it.
#pragma once

#include "libtrack/log/layout.h"
#include "preload/recorder/unwinding/loaded_objects.h"

namespace mqtrack::recorder {

using ObjectEntered = void (*)(const LoadedObject& object, log::Header& header);

/// Called of each object when ModuleTable enters it, by the thread that enters it; null: nobody wants to know. It is
/// called wherever a block may be made, so it takes no lock and allocates nothing.
extern ObjectEntered object_entered;

}  // namespace mqtrack::recorder
