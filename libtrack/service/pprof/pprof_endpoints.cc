#include "libtrack/service/pprof/pprof_endpoints.h"

#include <charconv>
#include <cstdlib>
#include <utility>

#include "libtrack/profile/formats/pprof_encode.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/service/pprof/pprof_pages.h"
#include "libtrack/service/pprof/profile_text.h"
#include "libtrack/service/pprof/profile_views.h"
#include "libtrack/snapshot/thread_dump.h"

namespace mqtrack::service {
namespace {

using http::Request;
using http::Response;
using profile::Profile;
using support::Result;
using Time = SnapshotDesk::Clock::time_point;

/// strconv.Atoi, whose errors Go's handlers take for 0.
std::int64_t Number(const std::optional<std::string>& text) {
  if (!text) return 0;
  std::string_view digits = *text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() && end == digits.data() + digits.size() ? number : 0;
}

/// One of the profiles, by its name.
class ProfileEndpoint {
 public:
  ProfileEndpoint(std::string name, Target target, Surroundings around)
      : name_(std::move(name)), target_(std::move(target)), around_(std::move(around)) {}

  [[nodiscard]] bool Exists() const {
    return name_ == kHeap || name_ == kAllocs || name_ == kThreadCreate || name_ == kSnapshot || IsThreads();
  }
  /// What the endpoint shows, of a moment not before `not_before`.
  [[nodiscard]] Result<Profile> Take(Time not_before) const {
    const Result<SharedProfile> taken =
        IsThreads() ? around_.desk.Threads(target_, not_before) : around_.desk.Heap(target_, not_before);
    if (!taken) return taken.error();
    if (name_ == kHeap) return HeapView(**taken, profile::kInuseSpace);
    if (name_ == kAllocs) return HeapView(**taken, profile::kAllocSpace);
    if (name_ == kThreadCreate) return ThreadCreateView(**taken);
    if (name_ == kSnapshot) return Profile(**taken);
    return GoroutineView(**taken);
  }
  [[nodiscard]] Response Whole(std::int64_t debug) const {
    const Time recent = around_.desk.Recent();
    if (debug >= 2 && IsThreads()) {
      const Result<SharedProfile> dump = around_.desk.Threads(target_, recent);
      return dump ? Text(ThreadText(**dump)) : Failed(dump.error());
    }
    const Result<Profile> view = Take(recent);
    if (!view) return Failed(view.error());
    if (debug == 0 || name_ == kSnapshot) return File(*view, name_);
    return Text(name_ == kHeap || name_ == kAllocs ? HeapText(*view) : CountText(*view, name_));
  }
  [[nodiscard]] Response Delta(const Profile& base) const {
    const Result<Profile> newer = Take(SnapshotDesk::Clock::now());
    // What has ended changes no more: an empty profile would say that it kept everything. Asked behind the look, since
    // a service that ends before it is none of which anything can be said.
    if (!IsUpNow()) {
      return PprofError(404, target_.name + " (pid " + std::to_string(target_.process.Pid()) +
                                 ") does not run any more: nothing can be said about this time");
    }
    if (!newer) return Failed(newer.error());
    const Result<Profile> delta = DeltaView(*newer, base);
    return delta ? File(*delta, name_ + "-delta") : Failed(delta.error());
  }
  [[nodiscard]] static Response Failed(const support::Error& error) {
    return PprofError(error.code == support::ErrorCode::kNotFound ? 404 : 500, error.ToString());
  }
  [[nodiscard]] const Surroundings& around() const { return around_; }

 private:
  /// By its log: the list of targets is up to a second old.
  [[nodiscard]] bool IsUpNow() const {
    const Result<process::RecordedProcess> now = process::OpenLog(target_.process.log_path);
    return now && process::StateOf(*now) == process::ProcessState::kAlive;
  }
  [[nodiscard]] bool IsThreads() const { return name_ == profile::kGoroutine; }
  [[nodiscard]] static Response Text(std::string body) {
    Response response{200, {}, std::move(body)};
    return response.Add("Content-Type", "text/plain; charset=utf-8").Add("X-Content-Type-Options", "nosniff");
  }
  [[nodiscard]] static Response File(const Profile& profile, const std::string& file_name) {
    Response response{200, {}, profile::EncodePprof(profile)};
    return response.Add("Content-Disposition", "attachment; filename=\"" + file_name + "\"")
        .Add("Content-Type", "application/octet-stream")
        .Add("X-Content-Type-Options", "nosniff");
  }

  std::string name_;
  Target target_;
  Surroundings around_;
};

void ServeDelta(const Request& request, const std::string& text, const ProfileEndpoint& endpoint,
                const Answer& answer) {
  std::int64_t seconds = 0;
  std::string_view digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  if (error != std::errc() || end != digits.data() + digits.size() || seconds <= 0) {
    return answer(PprofError(400, "invalid value for \"seconds\" - must be a positive integer"));
  }
  if (seconds > endpoint.around().longest_delta.count()) {
    return answer(PprofError(400, "profile duration exceeds server's WriteTimeout"));
  }
  if (Number(request.Query("debug")) != 0) {
    return answer(PprofError(400, "seconds and debug params are incompatible"));
  }
  const Time begin = SnapshotDesk::Clock::now();
  Result<Profile> base = endpoint.Take(endpoint.around().desk.Recent());
  if (!base) return answer(ProfileEndpoint::Failed(base.error()));
  endpoint.around().desk.CountDelta(1);
  endpoint.around().at(begin + std::chrono::seconds(seconds),
                       [endpoint, answer, base = std::make_shared<const Profile>(*std::move(base))] {
                         answer(endpoint.Delta(*base));
                         endpoint.around().desk.CountDelta(-1);
                       });
}

}  // namespace

void ServePprof(const Request& request, const std::string& name, const Target& target, const Surroundings& around,
                const Answer& answer) {
  if (name == "cmdline") return answer(CommandLinePage(target));
  if (name.empty() || name == "symbol") {
    const Result<SharedProfile> snapshot = around.desk.Heap(target, around.desk.Recent());
    const Profile* known = snapshot ? snapshot->get() : nullptr;
    return answer(name.empty() ? IndexPage(target, known) : SymbolPage(request, known, around.desk.options().symbols));
  }
  const ProfileEndpoint endpoint(name, target, around);
  if (!endpoint.Exists()) return answer(PprofError(404, "Unknown profile"));
  const std::optional<std::string> seconds = request.Query("seconds");
  if (seconds && !seconds->empty()) return ServeDelta(request, *seconds, endpoint, answer);
  answer(endpoint.Whole(Number(request.Query("debug"))));
}

}  // namespace mqtrack::service
