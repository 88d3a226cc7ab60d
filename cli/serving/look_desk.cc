#include "cli/serving/look_desk.h"

#include <algorithm>
#include <utility>

#include "cli/serving/moment_views.h"

namespace mqtrack::cli {
namespace {

using http::Response;

constexpr int kShare = 100;         // of the time, one part is stood still
constexpr int kShareOfFailed = 10;  // of the time, one part goes to looks that fail, whose standing still is not known
constexpr std::chrono::minutes kKeptFor{1};

std::string Seconds(LookDesk::Clock::duration time) {
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(time).count());
}

Response Later(LookDesk::Clock::duration time, const std::string& why) {
  Response response = http::ErrorResponse(429, why + "; ask again in " + Seconds(time) + " s");
  return response.Add("Retry-After", Seconds(time)).Add("Cache-Control", "no-store");
}

}  // namespace

void LookDesk::Sweep(Clock::time_point now) {
  std::erase_if(drawers_, [&](const auto& row) { return row.second.next + kKeptFor < now; });
}

Response LookDesk::Ask(const std::string& log_path, const std::string& question, Clock::duration interval,
                       const std::function<support::Result<Look>()>& take) {
  const std::unique_lock looking(looking_, std::try_to_lock);
  if (!looking.owns_lock()) return Later(std::chrono::seconds(2), "a process is being looked at for somebody else");
  const Clock::time_point begin = now_();
  Sweep(begin);
  Drawer& drawer = drawers_[log_path];
  if (begin < drawer.next) {
    if (drawer.json.empty() || drawer.question != question)
      return Later(drawer.next - begin, "the process has stood still for a look just now");
    const auto age = std::chrono::floor<std::chrono::seconds>(begin - drawer.at);
    return Fresh("application/json", drawer.json).Add("Age", std::to_string(age.count()));
  }
  support::Result<Look> look = take();
  const Clock::time_point end = now_();
  const Clock::duration pause =
      look ? std::max<Clock::duration>(end - begin, look->stood_still * kShare) : (end - begin) * kShareOfFailed;
  drawer = {end, end + std::max(interval, pause), question, look ? std::move(look->json) : std::string()};
  return look ? Fresh("application/json", drawer.json).Add("Age", "0") : FailedView(look.error());
}

}  // namespace mqtrack::cli
