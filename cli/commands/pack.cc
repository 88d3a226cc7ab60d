#include <string>

#include "cli/command.h"
#include "cli/options/name_options.h"
#include "cli/options/option_types.h"
#include "cli/options/output_format.h"
#include "cli/output.h"
#include "libtrack/bundle/bundle_writer.h"
#include "libtrack/snapshot/load_target.h"
#include "libtrack/support/units.h"

namespace mqtrack::cli {
namespace {

using support::Result;

class PackCommand final : public Command {
 public:
  HelpText Help() const override {
    return {
        "pack FILE -o FILE.mqpack [options]",
        "Packs a snapshot with the programs and libraries that its stacks lead through, and with their debug files, as "
        "far as they are found here by their build ids. A colleague needs nothing else: mqtrack top, diff, report, "
        "symbolize and the other verbs read the archive, or the folder it unpacks to, as they read a snapshot.\n\n"
        "It is a gzipped tar archive with mode 0600, and says what it holds: those files are code, and a snapshot can "
        "hold names of clients and topics. Files without a build id are left out.",
        {{"mqtrack pack leak.pb.gz -o leak.mqpack", ""},
         {"mqtrack pack board.pb.gz -o board.mqpack --sysroot board-root/", "with the board's files"},
         {"mqtrack top board.mqpack", "elsewhere"},
         {"tar tvf board.mqpack", "what is in it"}},
        {{"0", "packed, if without some files; they are named"},
         {"2", "wrong options, or a file that cannot be read or written"}}};
  }

  void AddOptions(CLI::App& app) override {
    app.add_option("FILE", target_, "A snapshot, a log, or another heap profile")->required();
    AddText(app, "-o,--output", output_, "FILE", "Write to FILE")->required()->group("Output");
    names_.AddTo(app, "Files");
  }

  Result<int> Run() override {
    if (IsStandardOutput(output_)) {
      return support::Error{support::ErrorCode::kBadInput, "writes an archive, to a file; name one", "--output"};
    }
    if (const support::Status fits = CheckArchiveName(output_); !fits) return fits.error();
    snapshot::Options options;
    options.advance_generation = false;
    options.symbolize = false;
    const Result<profile::Profile> profile = snapshot::LoadTarget(target_, options);
    if (!profile) return profile.error();
    const Result<bundle::Packed> packed = bundle::WriteBundle(*profile, names_.Symbols(), output_);
    if (!packed) return packed.error();
    std::uint64_t bytes = 0;
    for (const bundle::Packed::File& file : packed->files) {
      bytes += file.bytes;
      messages().Note("packed " + Size(file.bytes) + ": " + (file.is_debug ? "debug file of " : "") + file.file +
                      " (build id " + file.build_id + ")");
    }
    for (const bundle::Packed::LeftOut& left : packed->left_out) {
      messages().Note("left out: " + left.file + (left.why.empty() ? "" : ": " + left.why));
    }
    messages().Note(Size(packed->bytes) + " in all, unpacked " + Size(bytes) +
                    ". It holds code, and maybe names of clients and topics: only for whom they are meant");
    if (const support::Status printed = Print(output_ + "\n"); !printed) return printed.error();
    return kSuccess;
  }

 private:
  static std::string Size(std::uint64_t bytes) { return support::FormatBytes(static_cast<std::int64_t>(bytes)); }

  std::string target_, output_;
  NameOptions names_;
};

}  // namespace

std::unique_ptr<Command> MakePackCommand() { return std::make_unique<PackCommand>(); }

}  // namespace mqtrack::cli
