#include "libtrack/push/spool.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <vector>

#include "libtrack/support/write_failure.h"

namespace mqtrack::push {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

constexpr char kEnding[] = ".part";
constexpr char kFull[] = "the spool is full, and the oldest goes first (--spool-limit)";

Error SystemError(const std::string& where, const std::string& what) {
  return {ErrorCode::kSystem, "cannot " + what + ": " + support::WhyNotWritten(errno), where};
}

}  // namespace

Result<std::unique_ptr<Spool>> Spool::Open(const std::string& folder, std::int64_t limit_bytes) {
  std::error_code failed;
  const std::filesystem::path path(folder);
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), failed);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return SystemError(folder, "be made");
  const std::string lock_path = folder + "/lock";
  support::FileHandle lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.valid()) return SystemError(folder, "be used as a spool");
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
    return Error{ErrorCode::kBadInput, "another mqtrack push has this spool; give each its own (--spool DIR)", folder};
  std::unique_ptr<Spool> spool(new Spool(folder, limit_bytes, std::move(lock)));
  spool->TakeOver();
  return spool;
}

void Spool::Lose(const std::string& why) {
  ++lost_;
  why_lost_ = why;
}

void Spool::TakeOver() {
  std::error_code failed;
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, failed)) {
    const std::string name = entry.path().filename();
    if (name.ends_with(kEnding)) {
      names.push_back(name);
    } else if (name.find(std::string(kEnding) + ".") != std::string::npos) {
      ::unlink(entry.path().c_str());  // half written
    }
  }
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    const std::string path = folder_ + "/" + name;
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    files_.push_back({path, info.st_size});
    bytes_ += info.st_size;
    std::uint64_t number = 0;
    if (std::sscanf(name.c_str(), "%20lu", &number) == 1) next_ = std::max(next_, number + 1);
  }
  while (bytes_ > limit_bytes_ && !files_.empty()) {
    Lose(kFull);
    RemoveOldest();
  }
}

Status Spool::Add(const std::string& bytes) {
  const auto size = static_cast<std::int64_t>(bytes.size());
  if (size > limit_bytes_) {
    Error error{ErrorCode::kBadInput,
                "a profile of " + std::to_string(size) +
                    " bytes is larger than the whole spool; "
                    "--spool-limit allows more",
                folder_};
    Lose(error.ToString());
    return error;
  }
  while (bytes_ + size > limit_bytes_) {
    Lose(kFull);
    RemoveOldest();
  }
  char name[64];
  std::snprintf(name, sizeof name, "/%020lu%s", next_++, kEnding);
  const std::string path = folder_ + name;
  // A full disk makes room for the newest by giving up the oldest.
  Status written = support::WriteFile(path, bytes);
  while (!written && !files_.empty()) {
    Lose(written.error().ToString());
    RemoveOldest();
    written = support::WriteFile(path, bytes);
  }
  if (!written) {
    Lose(written.error().ToString());
    return written;
  }
  files_.push_back({path, size});
  bytes_ += size;
  return {};
}

std::optional<std::string> Spool::Oldest() {
  while (!files_.empty()) {
    Result<std::string> bytes = support::ReadFile(files_.front().path, static_cast<std::uint64_t>(limit_bytes_));
    if (bytes) return *std::move(bytes);
    Lose(bytes.error().ToString());
    RemoveOldest();
  }
  return std::nullopt;
}

void Spool::RemoveOldest() {
  if (files_.empty()) return;
  ::unlink(files_.front().path.c_str());
  bytes_ -= files_.front().bytes;
  files_.pop_front();
}

}  // namespace mqtrack::push
