#include "libtrack/log/recordables.h"

#include "libtrack/log/kinds.h"

namespace mqtrack::log {

std::vector<std::string> RecordableNames() {
  std::vector<std::string> names;
  for (const Recordable& recordable : kRecordables) names.emplace_back(recordable.name);
  return names;
}

std::uint64_t RecordableBits(const std::vector<std::string>& names) {
  std::uint64_t bits = 0;
  for (const std::string& name : names) {
    for (const Recordable& recordable : kRecordables) {
      if (name == recordable.name) bits |= recordable.kind_bits;
    }
  }
  return bits;
}

std::vector<std::string> LeftOut(std::uint64_t left_out_kinds) {
  std::vector<std::string> names;
  for (const Recordable& recordable : kRecordables) {
    if ((left_out_kinds & recordable.kind_bits) != 0) names.emplace_back(recordable.name);
  }
  return names;
}

}  // namespace mqtrack::log
