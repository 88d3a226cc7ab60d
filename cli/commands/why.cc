#include "cli/command.h"
#include "cli/looking/chain_look.h"
#include "cli/options/option_types.h"
#include "cli/options/output_format.h"
#include "cli/options/profile_options.h"
#include "cli/output.h"
#include "cli/targets/looked_at.h"
#include "reports/text/chains_json.h"
#include "reports/text/chains_text.h"

namespace mqtrack::cli {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

class WhyCommand final : public Command {
 public:
  HelpText Help() const override {
    return {
        "why TARGET --site FUNCTION|FILE:LINE | --client ID | --owner NAME | --type NAME [options]",
        "Says what holds heap blocks of a running service: the shortest chains of pointers that lead to them, from a "
        "variable, a thread or a mapping, those of one shape as one. What such a line names is where the service "
        "still has them, and so where it forgets to let go. The service is looked at as by mqtrack leaks.\n\n"
        "With debug information, variables and members go by their names. C++ objects with virtual functions go by "
        "their class, even in a stripped program. Anything else is named by the function that makes it, and its "
        "members by their offset (+0x28). A step that comes again further down is shown once: in a list, a tree or "
        "a hash table one leads to the next.\n\n"
        "Below each chain stands whether there are other ways to these blocks: what they would be freed with. Words "
        "on stacks and in registers may be stale; they count where nothing else holds a block, and it is said.",
        {{"mqtrack why mosquitto --site db__message_insert", "what holds the blocks of this row of top or diff"},
         {"mqtrack why mosquitto --client pump7",
          "what holds a client's session, and how all that is its own hangs "
          "from it"},
         {"mqtrack why mosquitto --owner 'global db (mosquitto)'", "an owner as mqtrack owners names it"},
         {"mqtrack why bridge --type Session", "objects of a class (or of a struct, with debug information)"},
         {"mqtrack why mosquitto --site calloc_queue --client pump7", "both: what this function made, of this client"}},
        {{"0", "the chains were shown"},
         {"2", "wrong usage, no such process, or no live block of this sort"},
         {"3",
          "cannot measure: a sampled or incomplete recording, a process that has ended or may not be looked at, "
          "too little memory for a copy, or a core file that is cut short or leaves out memory"}}};
  }

  void AddOptions(CLI::App& app) override {
    looked_at_.AddTo(app);
    const std::string which = "Which blocks";
    AddText(app, "--site", question_.site, "FUNCTION|FILE:LINE",
            "Those that FUNCTION makes, as top and diff name it; else those made below it, or by one with this in its "
            "name. Or those that are made on a line, of a file by the end of its path")
        ->group(which);
    AddText(app, "--client", question_.client, "ID", "Those that are the MQTT client's, as mqtrack owners says")
        ->group(which);
    AddText(app, "--owner", question_.owner, "NAME", "Those of an owner that mqtrack owners lists")->group(which);
    AddText(app, "--type", question_.type, "NAME",
            "Those that begin with a C++ object of this class, as it says itself; or which debug information says are "
            "of this type")
        ->group(which);
    const std::string output = "Output";
    AddFormat(app, format_, {"text", "json"}, "How to print it", output);
    AddText(app, "-o,--output", output_, "FILE", "Write to FILE; - is standard output")->group(output);
    AddCount(app, "-n,--rows", rows_, "Show the first N chains (default 10); 0 shows all")->group(output);
    AddText(app, "--wrappers", wrappers_file_, "FILE",
            "Also skip the functions named in FILE (one a line) when looking for whom to blame")
        ->group(output);
    loading_.AddTo(app);
  }

  Result<int> Run() override {
    if (const Status fits = CheckFileName(format_, output_); !fits) return fits.error();
    if (question_.IsEmpty()) {
      return Error{ErrorCode::kBadInput, "say which blocks: --site FUNCTION, --client ID, --owner NAME or --type NAME",
                   "why"};
    }
    const Result<analysis::WrapperList> wrappers = analysis::WrapperList::Load(wrappers_file_);
    if (!wrappers) return wrappers.error();
    const snapshot::Options options = loading_.ForLooking();
    const Result<process::RecordedProcess> process = looked_at_.Find(options.log_dir, LookedAt::Moment::kAny);
    if (!process) return process.error();
    Result<reports::ChainsOptions> report =
        LookForChains(question_, {*process, looked_at_.ForCapture(), options, *wrappers, looked_at_.name(),
                                  looked_at_.NameForOthers(), [this](bool has_unknown_heap, std::uint64_t unreadable) {
                                    return looked_at_.Notes(has_unknown_heap, unreadable);
                                  }});
    if (!report) return report.error();
    report->rows = static_cast<std::size_t>(rows_);
    report->colour = IsStandardOutput(output_) && ColourWanted();
    if (const Status written = WriteResult(
            output_, format_ == "json" ? reports::RenderChainsJson(*report) : reports::RenderChainsText(*report));
        !written)
      return written.error();
    return kSuccess;
  }

 private:
  std::string format_ = "text", output_, wrappers_file_;
  ChainQuestion question_;
  std::int64_t rows_ = 10;
  LookedAt looked_at_;
  LoadOptions loading_;
};

}  // namespace

std::unique_ptr<Command> MakeWhyCommand() { return std::make_unique<WhyCommand>(); }

}  // namespace mqtrack::cli
