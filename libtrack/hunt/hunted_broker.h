// A broker to be hunted: started under the recorder with every door that can be made, or one that runs already.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "libtrack/hunt/doors.h"
#include "libtrack/hunt/started_program.h"
#include "libtrack/log/reader.h"
#include "libtrack/process/discovery.h"
#include "libtrack/support/result.h"

namespace mqtrack::hunt {

struct BrokerOptions {
  std::vector<std::string> command;  // mosquitto -c FILE, or any broker's
  std::string address;               // where it listens; empty: mosquitto, whose configuration is copied and added to
  std::string target;                // a recorded process that runs, instead of a command
  std::string log_dir;
  bool allow_remote = false;
  bool stays = false;                         // it may outlive this process: Keep will be called
  std::function<bool()> is_interrupted = {};  // ends waiting for it; may be empty
};

class HuntedBroker {
 public:
  /// Starts it, and waits until it accepts connections. Again, a few times, on other ports if one was taken meanwhile.
  [[nodiscard]] static support::Result<std::unique_ptr<HuntedBroker>> Start(const BrokerOptions& options);
  ~HuntedBroker() = default;
  HuntedBroker(const HuntedBroker&) = delete;
  HuntedBroker& operator=(const HuntedBroker&) = delete;

  [[nodiscard]] const Doors& doors() const { return doors_; }
  [[nodiscard]] const process::RecordedProcess& process() const { return process_; }
  [[nodiscard]] log::LogReader& reader() { return *reader_; }
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }
  /// Of the recorded process, which a started script may only have started.
  [[nodiscard]] std::int64_t pid() const { return process_.Pid(); }
  /// How it ended, for a sentence: "ended by signal 11"; empty while it runs.
  [[nodiscard]] std::string WhyEnded();
  /// Leaves it and its files when this object goes. Where they are.
  std::string Keep();

 private:
  HuntedBroker() = default;
  [[nodiscard]] static support::Result<std::unique_ptr<HuntedBroker>> StartOnce(const BrokerOptions& options);
  [[nodiscard]] support::Status Prepare(const BrokerOptions& options, std::vector<std::string>& command);
  [[nodiscard]] support::Status WriteConfig(std::vector<std::string>& command, std::size_t file_at);
  [[nodiscard]] support::Status FillDoors(const std::string& certificate, const std::string& key);
  [[nodiscard]] support::Status WaitUntilItListens(const std::function<bool()>& is_interrupted);

  StartedProgram program_;
  Doors doors_;
  process::RecordedProcess process_;
  std::unique_ptr<log::LogReader> reader_;
  std::vector<std::string> notes_;
};

}  // namespace mqtrack::hunt
