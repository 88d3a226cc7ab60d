#include "cli/options/sending_options.h"

#include "cli/options/interval.h"
#include "cli/options/option_types.h"
#include "cli/options/profile_options.h"
#include "cli/targets/machine_name.h"

namespace mqtrack::cli {

void SendingOptions::AddTo(CLI::App& app, const SendingWords& words) {
  app.add_option("TARGET", targets, kTargetHelp);
  AddText(app, "--to", to, "URL", words.url)->required()->group(words.server);
  AddText(app, "--password-file", password_file, "FILE", "The password is the first line of FILE")->group(words.server);
  AddText(app, "--cafile", ca_file, "FILE", "Trust the certificates in FILE (default: those of the system)")
      ->group(words.server);
  AddText(app, "--machine", machine_, "NAME", words.machine + " (default: the host name)")->group(words.server);
  every_ = words.usual;
  const std::string when = "When";
  AddText(app, "--every", every_, "TIME", "Look and send so often: 30s, 5m (default " + words.usual + ")")->group(when);
  app.add_flag("--once", once, words.once)->group(when);
}

support::Result<std::chrono::seconds> SendingOptions::Every() const {
  return ParseInterval("--every", every_, std::chrono::seconds(1));
}

std::string SendingOptions::Machine() const { return machine_.empty() ? MachineName() : machine_; }

std::vector<HelpText::Exit> SendingOptions::Exits(const std::string& done, const std::string& failed) {
  return {{"0", done + ", or asked to leave; without --once and TARGET it waits for processes to be recorded"},
          {"2", "wrong usage; of those that are recorded none is the TARGET; with --once: " + failed},
          {"3", "nothing is recorded, and a TARGET is named or --once is given; with --once: nothing could be read"}};
}

}  // namespace mqtrack::cli
