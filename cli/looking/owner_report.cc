#include "cli/looking/owner_report.h"

#include <ctime>
#include <optional>
#include <utility>

#include "libtrack/support/signed.h"

namespace mqtrack::cli {
namespace {

using support::Signed;

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

reports::ClientRow ClientRowOf(const heapgraph::ClientState& state) {
  const auto count = [](const std::optional<std::uint64_t>& value) {
    return value ? std::optional(Signed(*value)) : std::nullopt;
  };
  reports::ClientRow row;
  row.state = heapgraph::ClientConnectionName(state.connection);
  row.since_unix_seconds = state.since_unix_seconds;
  row.message_blocks = count(state.message_blocks);
  row.queued = count(state.Queued());
  row.inflight = count(state.inflight);
  row.half_received = count(state.half_received);
  row.subscriptions = count(state.subscriptions);
  return row;
}

}  // namespace

reports::OwnersOptions OwnersReport(const heapgraph::OwnerFindings& findings, const std::string& name,
                                    std::vector<std::string> notes) {
  reports::OwnersOptions report;
  report.name = name;
  report.process = findings.process;
  report.bytes = Signed(findings.bytes);
  report.blocks = Signed(findings.blocks);
  report.look = {findings.look.stood_still.count(), findings.look.cloned, findings.look.why_not_cloned,
                 findings.look.from_core};
  report.notes = std::move(notes);
  if (!findings.knows_clients) {
    report.notes.emplace_back(
        "MQTT packets were not recorded (--without packets, or an old recorder): what is a client's stands under "
        "whoever holds it");
  }
  report.now_unix_seconds =
      findings.look.from_core.empty() ? std::time(nullptr) : findings.content.facts.ended_unix_ns / kNanosPerSecond;
  for (const heapgraph::Owner& owner : findings.owners) {
    report.owners.push_back({std::string(heapgraph::OwnerKindName(owner.kind)), owner.name, Signed(owner.blocks),
                             Signed(owner.bytes), Signed(owner.blocks_by_all), Signed(owner.bytes_by_all),
                             ClientRowOf(owner.client)});
  }
  return report;
}

}  // namespace mqtrack::cli
