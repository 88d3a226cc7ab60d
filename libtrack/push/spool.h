// Parts that could not be sent yet, as files of one folder: oldest first, never more than so many bytes, and whole or
// not at all, whatever happens to the machine in between.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "libtrack/support/file.h"
#include "libtrack/support/result.h"

namespace mqtrack::push {

/// One process at a time holds a folder. Not thread-safe.
class Spool {
 public:
  /// Makes the folder if it is missing (mode 0700), takes over what is in it, and removes what was left half written.
  /// An error if another process holds it.
  [[nodiscard]] static support::Result<std::unique_ptr<Spool>> Open(const std::string& folder,
                                                                    std::int64_t limit_bytes);

  /// Keeps `bytes` behind everything else. The oldest go where they would be too many bytes. An error if they cannot be
  /// written: they are lost then.
  [[nodiscard]] support::Status Add(const std::string& bytes);
  /// The oldest; nothing if there is none. What cannot be read is removed and counted as lost.
  [[nodiscard]] std::optional<std::string> Oldest();
  void RemoveOldest();

  [[nodiscard]] std::size_t count() const { return files_.size(); }
  [[nodiscard]] std::int64_t bytes() const { return bytes_; }
  /// Parts that were given up for want of room, or that could not be written or read.
  [[nodiscard]] std::int64_t lost() const { return lost_; }
  /// Why the latest of them was; empty: none was.
  [[nodiscard]] const std::string& why_lost() const { return why_lost_; }

 private:
  struct File {
    std::string path;
    std::int64_t bytes = 0;
  };

  Spool(std::string folder, std::int64_t limit_bytes, support::FileHandle lock)
      : folder_(std::move(folder)), limit_bytes_(limit_bytes), lock_(std::move(lock)) {}
  void TakeOver();
  void Lose(const std::string& why);

  std::string folder_;
  std::int64_t limit_bytes_, bytes_ = 0, lost_ = 0;
  std::uint64_t next_ = 0;
  std::string why_lost_;
  support::FileHandle lock_;
  std::deque<File> files_;  // oldest first
};

}  // namespace mqtrack::push
