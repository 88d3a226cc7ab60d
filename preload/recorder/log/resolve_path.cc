#include "preload/recorder/log/resolve_path.h"

#include <sys/syscall.h>

#include <cerrno>
#include <cstring>

#include "libtrack/log/layout.h"
#include "preload/recorder/sync/errno_keeper.h"
#include "preload/recorder/sync/kernel_call.h"

namespace mqtrack::recorder {
namespace {

constexpr int kMostLinks = 40;  // as the kernel has it

/// A path that is being resolved: what is settled, and what is still to be looked at.
class Resolver {
 public:
  Resolver(char* settled, std::size_t capacity) : settled_(settled), capacity_(capacity) {}

  bool Start(const char* path) {
    if (path[0] == 0) return false;
    if (path[0] != '/') {
      // The result counts the terminator; one that does not begin with a slash is outside of a chroot.
      const long bytes = KernelCall(SYS_getcwd, Argument(settled_), static_cast<long>(capacity_));
      if (bytes < 2 || settled_[0] != '/') return false;
      length_ = settled_[1] == 0 ? 0 : static_cast<std::size_t>(bytes) - 1;
    }
    const std::size_t bytes = std::strlen(path);
    if (bytes >= sizeof rest_) return false;
    at_ = sizeof rest_ - 1 - bytes;
    std::memcpy(rest_ + at_, path, bytes + 1);
    return true;
  }
  bool Run() {
    for (int links = 0; TakeComponent();) {
      if (component_bytes_ == 0) return false;  // too long
      char target[log::kMaxPath];
      settled_[length_] = 0;
      const long bytes = ReadLink(settled_, target, sizeof target);
      if (bytes < 0 && errno == EINVAL) continue;  // not a link
      if (bytes <= 0 || bytes == static_cast<long>(sizeof target) || ++links > kMostLinks) return false;
      if (!Follow(target, static_cast<std::size_t>(bytes))) return false;
    }
    settled_[length_] = 0;
    return length_ != 0;
  }

 private:
  /// Moves the next component of the rest to the settled part; false if there is none. Dots are taken off on the way.
  bool TakeComponent() {
    for (;;) {
      while (rest_[at_] == '/') ++at_;
      const char* component = rest_ + at_;
      component_bytes_ = std::strcspn(component, "/");
      if (component_bytes_ == 0) return false;
      at_ += component_bytes_;
      if (component_bytes_ == 1 && component[0] == '.') continue;
      if (component_bytes_ == 2 && component[0] == '.' && component[1] == '.') {
        DropLast();
        continue;
      }
      if (length_ + 1 + component_bytes_ >= capacity_) {
        component_bytes_ = 0;
        return true;
      }
      settled_[length_++] = '/';
      std::memcpy(settled_ + length_, component, component_bytes_);
      length_ += component_bytes_;
      return true;
    }
  }
  void DropLast() {
    while (length_ > 0 && settled_[--length_] != '/') {
    }
  }
  /// What was just settled is a link: its target takes its place at the front of the rest.
  bool Follow(const char* target, std::size_t bytes) {
    if (at_ < bytes + 1) return false;
    if (target[0] == '/')
      length_ = 0;
    else
      DropLast();
    rest_[--at_] = '/';
    at_ -= bytes;
    std::memcpy(rest_ + at_, target, bytes);
    return true;
  }

  char* settled_;
  std::size_t capacity_;
  std::size_t length_ = 0;
  char rest_[2 * log::kMaxPath];  // filled from the end, so that targets go in front
  std::size_t at_ = sizeof rest_ - 1;
  std::size_t component_bytes_ = 0;
};

}  // namespace

bool ResolvePath(const char* path, char* resolved, std::size_t capacity) {
  const ErrnoKeeper keep_errno;
  Resolver resolver(resolved, capacity);
  return resolver.Start(path) && resolver.Run();
}

}  // namespace mqtrack::recorder
