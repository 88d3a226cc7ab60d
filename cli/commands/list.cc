#include <algorithm>
#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/command.h"
#include "cli/options/option_types.h"
#include "cli/options/text_columns.h"
#include "cli/output.h"
#include "cli/targets/input.h"
#include "libtrack/log/reader.h"
#include "libtrack/log/recordables.h"
#include "libtrack/process/discovery.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/snapshot/crash_story.h"
#include "libtrack/snapshot/take_snapshot.h"
#include "libtrack/support/ascii.h"
#include "libtrack/support/units.h"

namespace mqtrack::cli {
namespace {

using nlohmann::ordered_json;

/// What a snapshot of one process would hold; of a sampled recording, the unbiased estimate.
struct Live {
  std::int64_t bytes = 0, blocks = 0;
};

support::Result<Live> ReadLive(const process::RecordedProcess& process) {
  snapshot::Options options;
  options.advance_generation = false;
  options.symbolize = false;
  options.tell_of_others = false;  // each has a row of its own
  const support::Result<profile::Profile> taken = snapshot::TakeSnapshot(process, options);
  if (!taken) return taken.error();
  const profile::Profile& profile = taken.value();
  const support::Result<std::size_t> space = profile::FindSampleType(profile, std::string(profile::kInuseSpace));
  const support::Result<std::size_t> objects = profile::FindSampleType(profile, std::string(profile::kInuseObjects));
  if (!space) return space.error();
  if (!objects) return objects.error();
  return Live{profile::Total(profile, space.value()), profile::Total(profile, objects.value())};
}

/// How the recorder came into the process.
std::string OriginName(const log::LogFacts& facts) {
  switch (facts.origin) {
    case log::Origin::kFork:
      return "forked";
    case log::Origin::kAttach:
      return "attached";
    case log::Origin::kPreload:
      break;
  }
  return "started";
}

std::string ModeName(const log::LogFacts& facts) {
  std::string name = facts.mode == log::Mode::kExact
                         ? "exact"
                         : "1 in " + support::FormatBytes(static_cast<std::int64_t>(facts.sample_bytes));
  const std::vector<std::string> left_out = log::LeftOut(facts.left_out_kinds);
  for (const std::string& what : left_out) name += (&what == &left_out.front() ? " without " : ",") + what;
  return name;
}

bool IsHeapRecorded(const log::LogFacts& facts) {
  return (facts.left_out_kinds & log::KindBit(log::Kind::kHeapBlock)) == 0;
}

std::string CommandLine(const log::LogFacts& facts) {
  std::string line;
  for (const std::string& word : facts.cmdline) line += (line.empty() ? "" : " ") + word;
  return OneLine(line);
}

std::int64_t AgeSeconds(const log::LogFacts& facts) {
  const std::int64_t started = facts.started_unix_ns / 1'000'000'000;
  const std::int64_t now = std::time(nullptr);
  return started > 0 && started < now ? now - started : 0;
}

class ListCommand final : public Command {
 public:
  HelpText Help() const override {
    return {
        "list [-v] [--format FORMAT] [--log-dir DIR]",
        "Shows every recorded process of yours, or of all users if you are root: those alive first. \"ended\" means "
        "that it exited by itself, \"dead\" that it was killed or crashed; both can still be looked at until mqtrack "
        "clean. \"detached\" means that it runs, and was recorded until mqtrack detach, \"unrecorded\" that it runs "
        "another program now, which is not recorded, \"unseen\" that it runs in a container that cannot be looked "
        "into from here, or was killed there. END says how it ended, as far as the mqtrack run that started it, its "
        "crash reporter (mqtrack run --crash-report) and the kernel tell. HOW says whether it was started under the "
        "recorder, forked by a "
        "recorded process, or attached to, and AGE since when it is recorded. LIVE and BLOCKS are the heap blocks that "
        "are alive now, MISSED the events that the recorder could not keep: anything but 0 means that values are too "
        "low. SIZE is the memory that its log takes. A terminal that is too narrow shows fewer columns.",
        {{"mqtrack list", ""},
         {"mqtrack list -v", "with the logs' paths and the command lines"},
         {"mqtrack list --format json", "for scripts"}},
        UsualExits(false)};
  }

  void AddOptions(CLI::App& app) override {
    app.add_flag("-v,--verbose", verbose_, "Also show each log's path and command line")->group("Output");
    AddFormat(app, format_, {"text", "json"}, "How to print it", "Output");
    AddText(app, "--log-dir", log_dir_, "DIR", "Where to look for logs of recorded processes")->group("Output");
  }

  support::Result<int> Run() override {
    const support::Result<std::vector<process::RecordedProcess>> recorded = process::ListRecorded(log_dir_);
    if (!recorded) return recorded.error();
    std::vector<std::vector<std::string>> rows;
    std::vector<std::string> ends;
    ordered_json processes = ordered_json::array();
    for (const process::RecordedProcess& process : recorded.value()) {
      if (!process.error.empty()) {
        messages().Warn(process.log_path + ": " + process.error);
        continue;
      }
      const support::Result<Live> live = ReadLive(process);
      if (!live && IsHeapRecorded(process.facts)) messages().Warn(live.error().ToString());
      const EndOfOne end = ReadEndOf(process);
      ends.push_back(end.words);
      rows.push_back(Row(process, live ? std::optional<Live>(live.value()) : std::nullopt));
      processes.push_back(Json(process, live ? std::optional<Live>(live.value()) : std::nullopt));
      processes.back()["end"] = end.json;
    }
    const bool any_ended = std::any_of(ends.begin(), ends.end(), [](const std::string& end) { return !end.empty(); });
    TextColumns table = Columns(any_ended);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (any_ended) rows[i].insert(rows[i].begin() + kEndColumn, ends[i]);
      table.AddRow(std::move(rows[i]));
    }
    const support::Status printed =
        Print(format_ == "json" ? Document(processes) : support::ForLocale(table.Render(TerminalColumns())));
    if (!printed) return printed.error();
    for (const process::RecordedProcess& process : recorded.value()) {
      if (!process.error.empty()) continue;
      NoteKeptFree(process);
      const std::string who = OneLine(process.facts.comm) + " (pid " + std::to_string(process.Pid()) + ")";
      WarnAboutUnseen(static_cast<std::int64_t>(process.facts.replaced), process.facts.UnseenCall(), who, messages());
      NoteLostConnections(static_cast<std::int64_t>(process.facts.lost_connections), who, messages());
    }
    if (processes.empty()) TellThatThereIsNone();
    return kSuccess;
  }

 private:
  void NoteKeptFree(const process::RecordedProcess& process) const {
    const std::uint64_t lost = process.facts.losses[static_cast<std::size_t>(log::Loss::kKeptFree)];
    if (lost == 0) return;
    messages().Warn(OneLine(process.facts.comm) + " (pid " + std::to_string(process.Pid()) +
                    "): " + support::FormatCount(static_cast<std::int64_t>(lost)) +
                    " events were missed, since the log leaves a quarter of its file system (at most 1 GiB) free for the "
                    "service; make "
                    "/dev/shm larger (docker: --shm-size), use another tmpfs (--log-dir), or sample (--sample 512KiB)");
  }
  void TellThatThereIsNone() const {
    std::error_code error;
    if (!log_dir_.empty() && !std::filesystem::exists(log_dir_, error)) {
      messages().Note("no recorded process: there is no directory " + log_dir_);
    } else {
      messages().Note(
          "no recorded process; start one with: mqtrack run -- COMMAND, or record one that runs: mqtrack attach PID");
    }
  }
  /// How a process ended, in a word or two, and for programs.
  struct EndOfOne {
    std::string words;
    ordered_json json = nullptr;
  };
  [[nodiscard]] static EndOfOne ReadEndOf(const process::RecordedProcess& process) {
    EndOfOne one;
    if (process.IsAlive()) return one;
    const support::Result<snapshot::EndStory> story = snapshot::ReadEnd(process, {});
    if (!story) return one;
    one.words = OneLine(snapshot::EndWords(*story));
    if (one.words.empty() && process::StateOf(process) == process::ProcessState::kDead) one.words = "unknown";
    if (!one.words.empty()) one.json = EndJson(*story, one.words);
    return one;
  }

  [[nodiscard]] static ordered_json EndJson(const snapshot::EndStory& story, const std::string& words) {
    const auto kind = static_cast<log::EndKind>(story.end.kind);
    const bool known = kind != log::EndKind::kUnknown;
    ordered_json json = {{"words", words},
                         {"exit_code", kind == log::EndKind::kExited ? ordered_json(story.end.status) : nullptr},
                         {"signal", kind == log::EndKind::kKilled ? ordered_json(story.end.status) : nullptr},
                         {"dumped_core", known ? ordered_json(story.end.dumped_core != 0) : nullptr},
                         {"out_of_memory", MemoryWord(story.end.out_of_memory)},
                         {"crash", nullptr}};
    if (!story.crash) return json;
    const snapshot::CrashStory& crash = *story.crash;
    ordered_json stack = ordered_json::array();
    for (const snapshot::CrashFrame& frame : crash.stack)
      stack.push_back(
          {{"function", frame.function}, {"file", frame.file}, {"line", frame.line}, {"module", frame.module}});
    ordered_json labels = ordered_json::object();
    for (const profile::Label& label : crash.labels) labels[label.key] = label.str;
    json["crash"] = {{"signal", crash.signal},
                     {"code", crash.code},
                     {"address", crash.address},
                     {"time_unix_ns", crash.unix_ns},
                     {"tid", crash.tid},
                     {"handled", crash.handled},
                     {"stack_overwritten", crash.without_stack},
                     {"culprit", crash.culprit},
                     {"stack", std::move(stack)},
                     {"labels", std::move(labels)}};
    return json;
  }

  [[nodiscard]] static ordered_json MemoryWord(std::uint32_t out_of_memory) {
    switch (static_cast<log::OutOfMemory>(out_of_memory)) {
      case log::OutOfMemory::kNo:
        return "no";
      case log::OutOfMemory::kCounted:
        return "control_group";
      case log::OutOfMemory::kKernelLog:
        return "kernel_log";
      case log::OutOfMemory::kUnknown:
        break;
    }
    return nullptr;
  }

  static constexpr std::ptrdiff_t kEndColumn = 3;  // behind the state

  [[nodiscard]] TextColumns Columns(bool any_ended) const {
    using enum TextColumns::Align;
    std::vector<TextColumns::Column> columns = {
        {"PID", kRight}, {"NAME", kLeft},  {"STATE", kLeft},         {"HOW", kLeft, true}, {"MODE", kLeft, true},
        {"AGE", kRight}, {"LIVE", kRight}, {"BLOCKS", kRight, true}, {"MISSED", kRight},     {"SIZE", kRight, true}};
    if (any_ended) columns.insert(columns.begin() + kEndColumn, {"END", kLeft, true});
    if (verbose_) columns.insert(columns.end(), {{"LOG", kLeft}, {"COMMAND", kLeft}});
    return TextColumns(columns);
  }

  [[nodiscard]] std::vector<std::string> Row(const process::RecordedProcess& process,
                                             const std::optional<Live>& live) const {
    const log::LogFacts& facts = process.facts;
    std::vector<std::string> row = {std::to_string(process.Pid()),
                                    OneLine(facts.comm),
                                    std::string(process::StateName(process::StateOf(process))),
                                    OriginName(facts),
                                    ModeName(facts),
                                    support::FormatDuration(AgeSeconds(facts)),
                                    live ? support::FormatBytes(live->bytes) : "?",
                                    live ? support::FormatCount(live->blocks) : "?",
                                    support::FormatCount(static_cast<std::int64_t>(facts.TotalLosses())),
                                    support::FormatBytes(static_cast<std::int64_t>(facts.reserved_bytes))};
    if (verbose_) row.insert(row.end(), {process.log_path, CommandLine(facts)});
    return row;
  }

  [[nodiscard]] static ordered_json Json(const process::RecordedProcess& process, const std::optional<Live>& live) {
    const log::LogFacts& facts = process.facts;
    return {{"pid", process.Pid()},
            {"parent_pid", facts.parent_pid},
            {"name", facts.comm},
            {"exe", facts.exe},
            {"command", facts.cmdline},
            {"state", process::StateName(process::StateOf(process))},
            {"how", OriginName(facts)},
            {"since_unix_ns", facts.started_unix_ns},
            {"mode", facts.mode == log::Mode::kExact ? "exact" : "sampled"},
            {"sample_bytes", facts.sample_bytes},
            {"not_recorded", log::LeftOut(facts.left_out_kinds)},
            {"age_seconds", AgeSeconds(facts)},
            {"generation", facts.generation},
            {"live_bytes", live ? ordered_json(live->bytes) : ordered_json(nullptr)},
            {"live_blocks", live ? ordered_json(live->blocks) : ordered_json(nullptr)},
            {"losses", facts.TotalLosses()},
            {"lost_bytes", facts.lost_bytes},
            {"lost_connections", facts.lost_connections},
            {"unseen_frees", facts.replaced},
            {"unseen_call", facts.UnseenCall()},
            {"log", process.log_path},
            {"log_bytes", facts.reserved_bytes}};
  }

  [[nodiscard]] static std::string Document(const ordered_json& processes) {
    const ordered_json document = {{"schema", "mqtrack-list/1"}, {"processes", processes}};
    return document.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
  }

  bool verbose_ = false;
  std::string format_ = "text", log_dir_;
};

}  // namespace

std::unique_ptr<Command> MakeListCommand() { return std::make_unique<ListCommand>(); }

}  // namespace mqtrack::cli
