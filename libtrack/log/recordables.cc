#include "libtrack/log/recordables.h"

#include "libtrack/log/environment.h"

namespace mqtrack::log {

std::vector<std::string> RecordableNames() {
  std::vector<std::string> names;
  for (const Recordable& recordable : kRecordables) names.emplace_back(recordable.name);
  return names;
}

std::vector<std::string> LeftOut(std::uint64_t left_out_kinds) {
  std::vector<std::string> names;
  for (const Recordable& recordable : kRecordables) {
    if ((left_out_kinds & recordable.kind_bits) != 0) names.emplace_back(recordable.name);
  }
  return names;
}

}  // namespace mqtrack::log
