#include "reports/words/json_side.h"

namespace mqtrack::reports {

nlohmann::ordered_json SideJson(const analysis::Side& side, const std::string& name) {
  return {{"name", name},
          {"target", side.target},
          {"program", side.program},
          {"build_id", side.build_id},
          {"state", side.state},
          {"time_nanos", side.time_nanos},
          {"sample_bytes", side.sample_bytes},
          {"losses", side.losses}};
}

}  // namespace mqtrack::reports
