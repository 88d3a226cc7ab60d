#include "libtrack/hunt/doors.h"

namespace mqtrack::hunt {

std::string Doors::WhyNot(const Operation& operation) const {
  if (!operation.why_not.empty()) return operation.why_not;
  const std::uint32_t missing = operation.needs & ~has;
  if ((missing & kNeedsPasswords) != 0) return "nobody knows a user and a password of this broker";
  if ((missing & kNeedsAcl) != 0) return "this broker was not told to deny a topic";
  for (const Step& step : operation.steps) {
    if (step.what == Step::Do::kOpen && Find(step.door) == nullptr)
      return std::string("there is no such way to this broker: ") + DoorName(step.door);
  }
  return {};
}

}  // namespace mqtrack::hunt
