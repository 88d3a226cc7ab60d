// A report that is asked for each hour and awaited by nobody: what a promise and its future share stays.
#include <deque>
#include <future>
#include <string>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

std::deque<std::future<std::string>> awaited;

[[gnu::noinline]] void AskForReport(int hour) {
  std::promise<std::string> report;
  awaited.push_back(report.get_future());
  report.set_value("the report of the hour with the number " + std::to_string(hour));
}

const Case kCase("reports_asked_for", {.on_tick = AskForReport});

}  // namespace
}  // namespace mqtrack::verdicts
