// Schema "mqtrack-why/1": docs/json.md. A field is added there first; one is never renamed within a version.
#include "reports/text/chains_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace mqtrack::reports {
namespace {

using Json = nlohmann::ordered_json;

Json StepJson(const ChainStepRow& step) {
  return {{"member", step.member},
          {"type", step.type},
          {"function", step.function},
          {"file", step.file},
          {"line", step.line},
          {"module", step.module},
          {"blocks", step.blocks},
          {"bytes", step.bytes},
          {"clients", step.clients},
          {"client_count", step.client_count},
          {"repeats", step.repeats},
          {"most_in_a_row", step.most_in_a_row},
          {"pointers", step.pointers},
          {"holds_alone", step.holds_alone}};
}

Json ChainJson(const ChainRow& chain) {
  Json json = {{"blocks", chain.blocks},
               {"bytes", chain.bytes},
               {"sure", chain.is_sure},
               {"root",
                {{"kind", chain.root.kind},
                 {"variable", chain.root.variable},
                 {"module", chain.root.module},
                 {"file", chain.root.file},
                 {"line", chain.root.line},
                 {"thread", chain.root.thread},
                 {"holds_alone", chain.root_holds_alone}}},
               {"steps", Json::array()}};
  for (const ChainStepRow& step : chain.steps) json["steps"].push_back(StepJson(step));
  return json;
}

}  // namespace

std::string RenderChainsJson(const ChainsOptions& options) {
  Json json = {
      {"schema", "mqtrack-why/1"},      {"name", options.name},
      {"target", options.process},      {"asked", options.asked},
      {"look", LookJson(options.look)}, {"blocks", options.blocks},
      {"bytes", options.bytes},         {"lost", {{"bytes", options.lost_bytes}, {"blocks", options.lost_blocks}}},
      {"notes", options.notes},         {"chains", Json::array()}};
  const std::size_t shown = options.rows == 0 ? options.chains.size() : std::min(options.rows, options.chains.size());
  for (std::size_t i = 0; i < shown; ++i) json["chains"].push_back(ChainJson(options.chains[i]));
  json["omitted_chains"] = options.chains.size() - shown;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace mqtrack::reports
