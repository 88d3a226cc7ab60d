#include "cli/command.h"
#include "cli/options/option_types.h"
#include "cli/options/output_format.h"
#include "cli/options/profile_options.h"
#include "cli/output.h"
#include "cli/targets/input.h"
#include "libtrack/analysis/sites.h"
#include "libtrack/profile/difference.h"
#include "libtrack/profile/fact.h"
#include "libtrack/profile/formats/pprof_encode.h"
#include "libtrack/profile/merge.h"

namespace mqtrack::cli {
namespace {

constexpr char kPprof[] = "pprof";

class DiffCommand final : public Command {
 public:
  HelpText Help() const override {
    return {
        "diff OLD NEW [--by TYPE] [-n N] [--format FORMAT] [options]",
        "Shows what grew from OLD to NEW, biggest growth first: the first row is where to look. What was alive in "
        "both cancels out exactly, byte for byte, and agrees with go tool pprof -base. Below the table stands what "
        "else grew: threads, timers, descriptors and other things that a recording counts.\n\n"
        "Of two snapshots of one recording, rows have a verdict, the same as mqtrack diagnose gives: what waits for "
        "clients that are away, or is the state of sessions and retained messages, is backlog and comes last. Two "
        "snapshots do not decide whether the rest leaks; diagnose does.\n\n"
        "Growth is not an error here: the exit code is 0 whatever grew. To make a script fail, use mqtrack gate.",
        {{"mqtrack diff before.pb.gz after.pb.gz", ""},
         {"mqtrack diff before.pb.gz mosquitto", "what grew since the snapshot, in the running broker"},
         {"mqtrack diff before.pb.gz after.pb.gz --by inuse_objects --stacks", "many small blocks, and who made them"},
         {"mqtrack diff before.pb.gz after.pb.gz --by threads", "who started the threads that are left"},
         {"mqtrack diff old.pb.gz new.pb.gz --format pprof -o growth.pb.gz", "the growth, for any pprof viewer"}},
        UsualExits()};
  }

  void AddOptions(CLI::App& app) override {
    app.add_option("OLD", old_, "The earlier state: a snapshot, or any other TARGET (see mqtrack --help)")->required();
    app.add_option("NEW", new_, "The later state, likewise")->required();
    std::vector<std::string> formats = FormatNames(FormatFamily::kTable);
    formats.push_back(kPprof);
    AddFormat(app, format_, std::move(formats), "How to print it", "Output");
    AddText(app, "-o,--output", output_, "FILE", "Write to FILE instead of standard output")->group("Output");
    AddExpect(app, expect_file_, "Output");
    rows_.AddTo(app);
    selection_.AddTo(app);
    loading_.AddTo(app);
  }

  support::Result<int> Run() override {
    if (const support::Status fits = CheckFileName(format_, output_); !fits) return fits.error();
    support::Result<verdicts::Expectations> expectations = verdicts::LoadExpectations(expect_file_);
    if (!expectations) return expectations.error();
    support::Result<Input> input = LoadInput(new_, old_, loading_, selection_, messages());
    if (!input) return input.error();
    input->expectations = *std::move(expectations);
    const support::Status written = format_ == kPprof ? WritePprof(input.value()) : WriteTable(input.value());
    if (!written) return written.error();
    if (!IsStandardOutput(output_)) messages().Note("wrote " + output_);
    return kSuccess;
  }

 private:
  [[nodiscard]] support::Status WritePprof(const Input& input) const {
    support::Result<profile::Profile> difference = profile::Subtract(input.newer, *input.base);
    if (!difference) return difference.error();
    // A reader has to know even if nothing shrank, that these are no live bytes.
    difference->comments.push_back(std::string(profile::kFactPrefix) + profile::kDifferenceFact + ": " + old_ + " to " +
                                   new_);
    return WriteBinaryResult(output_, profile::EncodePprof(difference.value()));
  }

  [[nodiscard]] support::Status WriteTable(const Input& input) const {
    const support::Result<analysis::SiteTable> table = MakeTable(input, selection_, rows_, messages());
    if (!table) return table.error();
    return WriteResult(output_, RenderTable(table.value(), input, rows_, format_, IsStandardOutput(output_)));
  }

  std::string old_, new_, output_, expect_file_, format_ = "text";
  LoadOptions loading_;
  SelectionOptions selection_;
  RowOptions rows_;
};

}  // namespace

std::unique_ptr<Command> MakeDiffCommand() { return std::make_unique<DiffCommand>(); }

}  // namespace mqtrack::cli
