#include "cli/serving/holder_views.h"

#include <chrono>

#include "cli/looking/chain_look.h"
#include "cli/looking/heap_looks.h"
#include "cli/looking/owner_report.h"
#include "cli/targets/running_target.h"
#include "libtrack/heapgraph/owners.h"
#include "reports/text/chains_json.h"
#include "reports/text/owners_json.h"

namespace mqtrack::cli {
namespace {

using http::Request;
using http::Response;
using support::Error;
using support::ErrorCode;
using support::Result;

constexpr std::size_t kOwners = 200, kChains = 20, kLongestName = 2000;

/// What is looked at, as it is now.
struct Looked {
  process::RecordedProcess process;
  snapshot::Options options;
  analysis::WrapperList wrappers;
};

Result<Looked> Prepare(const Subject& subject, const service::Shown& shown) {
  Result<process::RecordedProcess> process = FindMeasurable(subject.target->process.log_path, "");
  if (!process) return process.error();
  Result<analysis::WrapperList> wrappers = analysis::WrapperList::Load();
  if (!wrappers) return wrappers.error();
  snapshot::Options options = shown.desk.options();
  options.symbols.known_names = nullptr;  // the desk's, for one snapshot at a time
  return Looked{*std::move(process), std::move(options), *std::move(wrappers)};
}

Result<LookDesk::Look> LookAtOwners(const Subject& subject, const service::Shown& shown) {
  const Result<Looked> looked = Prepare(subject, shown);
  if (!looked) return looked.error();
  const Result<heapgraph::OwnerFindings> findings = heapgraph::LookForOwners(
      looked->process, {},
      {MakeVariableNames(looked->process, looked->options), [&](const heapgraph::HeapCapture& capture) {
         return MakeStackPlaces(capture, looked->process, looked->options, looked->wrappers);
       }});
  if (!findings) return findings.error();
  if (findings->overlapping != 0) return OverlappingBlocks(findings->overlapping, looked->process);
  reports::OwnersOptions report =
      OwnersReport(*findings, subject.name, NotesOf(findings->has_unknown_heap, findings->look.unreadable));
  report.rows = kOwners;
  return LookDesk::Look{reports::RenderOwnersJson(report), findings->look.stood_still};
}

Result<LookDesk::Look> LookAtChains(const ChainQuestion& question, const Subject& subject,
                                    const service::Shown& shown) {
  const Result<Looked> looked = Prepare(subject, shown);
  if (!looked) return looked.error();
  const heapgraph::CaptureOptions by_the_best_way;
  const ChainTarget target{looked->process, by_the_best_way, looked->options, looked->wrappers,
                           subject.name,    subject.name,    &NotesOf};
  Result<reports::ChainsOptions> report = LookForChains(question, target);
  if (!report) return report.error();
  report->rows = kChains;
  return LookDesk::Look{reports::RenderChainsJson(*report), std::chrono::nanoseconds(report->look.stood_still_nanos)};
}

Result<ChainQuestion> ParseQuestion(const Request& request) {
  ChainQuestion question;
  const auto take = [&](const char* name, std::string& value) {
    value = request.Query(name).value_or("");
    return value.size() <= kLongestName;
  };
  if (!take("site", question.site) || !take("client", question.client) || !take("owner", question.owner))
    return Error{ErrorCode::kBadInput, "is longer than 2000 bytes", "a name"};
  if (question.IsEmpty())
    return Error{ErrorCode::kBadInput, "say which blocks: site=, client= or owner=", "api/look/why"};
  return question;
}

std::optional<Response> Refusal(const Request& request) {
  if (request.method != "GET") {
    Response answer = http::ErrorResponse(405, "a service is looked at for a GET only");
    return answer.Add("Allow", "GET");
  }
  const std::string_view site = request.Header("sec-fetch-site");
  const bool is_elsewhere = !site.empty() && site != "same-origin" && site != "none";
  if (is_elsewhere || !request.Header("sec-purpose").empty())
    return http::ErrorResponse(403, "the service would stand still for it, so its own page has to ask");
  return std::nullopt;
}

}  // namespace

std::optional<Response> ShowHolders(const Request& request, const std::string& view, const Subject& subject,
                                    const service::Shown& shown, LookDesk& desk) {
  const bool is_owners = view == "api/look/owners";
  if (!is_owners && view != "api/look/why") return std::nullopt;
  if (auto refusal = Refusal(request)) return refusal;
  if (!subject.target || !subject.target->IsUp())
    return FailedView({ErrorCode::kNotFound, "does not run, and its memory is gone with it", subject.name});
  const std::string& log = subject.target->process.log_path;
  if (is_owners) return desk.Ask(log, view, shown.desk.interval(), [&] { return LookAtOwners(subject, shown); });
  const Result<ChainQuestion> question = ParseQuestion(request);
  if (!question) return FailedView(question.error());
  const std::string asked = view + '\0' + question->site + '\0' + question->client + '\0' + question->owner;
  return desk.Ask(log, asked, shown.desk.interval(), [&] { return LookAtChains(*question, subject, shown); });
}

}  // namespace mqtrack::cli
