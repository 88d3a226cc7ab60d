#include "reports/words/json_side.h"

namespace mqtrack::reports {

nlohmann::ordered_json SideJson(const analysis::Side& side, const std::string& name) {
  nlohmann::ordered_json json = {{"name", name},
                                 {"target", side.target},
                                 {"program", side.program},
                                 {"build_id", side.build_id},
                                 {"state", side.state},
                                 {"time_nanos", side.time_nanos},
                                 {"sample_bytes", side.sample_bytes},
                                 {"losses", side.losses}};
  if (side.unseen_frees != 0) json["unseen_frees"] = side.unseen_frees;
  if (!side.unseen_call.empty()) json["unseen_call"] = side.unseen_call;
  return json;
}

nlohmann::ordered_json ForecastJson(const analysis::Forecast& forecast) {
  return {{"bytes_per_hour", forecast.bytes_per_hour}, {"seconds", forecast.seconds}, {"limit", forecast.limit}};
}

}  // namespace mqtrack::reports
