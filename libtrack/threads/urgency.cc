#include "libtrack/threads/urgency.h"

#include <sched.h>

namespace mqtrack::threads {

Urgency::Urgency() : before_(::sched_getscheduler(0)) {
  const sched_param lowest{.sched_priority = 1};
  raised_ = before_ == SCHED_OTHER && ::sched_setscheduler(0, SCHED_FIFO, &lowest) == 0;
}

Urgency::~Urgency() { EndHere(); }

void Urgency::EndHere() const {
  const sched_param none{.sched_priority = 0};
  if (raised_) ::sched_setscheduler(0, before_, &none);
}

}  // namespace mqtrack::threads
