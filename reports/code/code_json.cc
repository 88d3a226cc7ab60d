#include "reports/code/code_json.h"

#include "reports/words/json_side.h"

namespace mqtrack::reports {

nlohmann::ordered_json CodeJsonHead(const char* schema, const profile::ValueType& type, std::int64_t total,
                                    const analysis::Side& side, const CodeOptions& options) {
  nlohmann::ordered_json json = {{"schema", schema},
                                 {"sample_type", type.type},
                                 {"unit", type.unit},
                                 {"pattern", options.pattern},
                                 {"is_difference", !options.base_name.empty()},
                                 {"new", SideJson(side, options.new_name)},
                                 {"total", total}};
  if (!options.base_name.empty()) json["base_name"] = options.base_name;
  return json;
}

std::string CodeJsonText(const nlohmann::ordered_json& json) {
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace mqtrack::reports
