#include "cli/command.h"
#include "cli/targets/code_input.h"
#include "libtrack/analysis/code/function_peek.h"
#include "reports/code/peek_json.h"
#include "reports/code/peek_text.h"

namespace mqtrack::cli {
namespace {

class PeekCommand final : public Command {
 public:
  HelpText Help() const override {
    return {
        "peek TARGET FUNCTION [--by TYPE] [--base OLD] [options]",
        "Shows who calls a function and whom it calls, each with what passes that way, as pprof's peek does. Flat "
        "is what the function's own stacks hold, cum what all stacks hold that it is in. FUNCTION may match "
        "several; each is shown.\n\n"
        "Looking at a running process does not stop it and does not start a new generation.",
        {{"mqtrack peek mosquitto db__message_store", "the running broker"},
         {"mqtrack peek after.pb.gz '^persist__' --base before.pb.gz", "what changed, of all functions that begin so"},
         {"mqtrack peek mosquitto sub__add --by inuse_objects --format json", "by number, for a program"}},
        UsualExits()};
  }

  void AddOptions(CLI::App& app) override { look_.AddTo(app); }

  support::Result<int> Run() override {
    const support::Result<CodeInput> input = look_.Load(messages());
    if (!input) return input.error();
    const support::Result<analysis::FunctionPeek> peek =
        analysis::PeekFunctions(input->profile, input->pattern, look_.sample_type());
    if (!peek) return peek.error();
    if (peek->functions.empty()) return look_.NothingMatches(input->profile, peek->different_functions);
    const reports::CodeOptions options = look_.ForReport(true);
    return look_.Finish(look_.json() ? reports::RenderPeekJson(peek.value(), options)
                                     : reports::RenderPeekText(peek.value(), options));
  }

 private:
  CodeLook look_;
};

}  // namespace

std::unique_ptr<Command> MakePeekCommand() { return std::make_unique<PeekCommand>(); }

}  // namespace mqtrack::cli
