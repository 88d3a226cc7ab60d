#include "libtrack/profile/label_text.h"

namespace mqtrack::profile {

std::string LabelText(const Label& label) {
  if (!label.str.empty()) return label.str;
  return std::to_string(label.num) + (label.num_unit.empty() ? "" : " " + label.num_unit);
}

}  // namespace mqtrack::profile
