// The log as the recorder sees it: one mapping at a fixed address, memory committed to it piece by piece.
//
// The whole of the address space it may ever use is mapped inaccessible at the start and the descriptor closed. Growing
// it is mprotect and MADV_POPULATE_WRITE, which allocates the pages or fails: nothing the recorder writes to can raise
// SIGBUS, no descriptor is needed after chroot, setuid or close_range, and mlockall does not touch what is not yet in
// use. Memory is given back by punching a hole into the file, which only those file systems are asked for that lie in
// memory: on a disk it could wait for the disk.
#pragma once

#include <cstddef>
#include <cstdint>

#include "libtrack/log/layout.h"
#include "preload/recorder/log/log_room.h"
#include "preload/recorder/sync/atomic_field.h"

namespace mqtrack::recorder {

/// What a process is called in the namespaces of whoever made its log.
struct SeenAs {
  std::uint32_t pid = 0, uid = 0;  // pid 0: it is called what it calls itself
  std::uint64_t start_ticks = 0;
  std::uint64_t pid_namespace = 0;
};

/// Settings from the environment (libtrack/log/environment.h).
struct LogSettings {
  char directory[log::kMaxPath] = {};
  std::uint64_t limit_bytes = 0;
  std::uint64_t sample_bytes = 0;
  std::uint64_t recorded_kinds = ~std::uint64_t{0};  // KindBits
  log::Origin origin = log::Origin::kPreload;
  std::uint64_t left_out_kinds = 0;  // what could have been
  bool filtered = false;             // started under a seccomp filter: see filtered_log.cc
  std::uint64_t root_pid = 0;        // pid of the command the user named; 0: not started by `mqtrack run`
  std::uint64_t run = 0;             // as in the log's header
  bool keep_log = false;             // log::kEnvKeepLogs
  int descriptor = -1;               // of a file that was made for the log; -1: it is made in `directory`
  SeenAs seen_as;
};

/// The process has at most one. All members are thread-safe after Create.
class LogFile {
 public:
  /// Creates the file and its header. On failure nothing is left behind and `why` says what is the matter.
  [[nodiscard]] bool Create(const LogSettings& settings, const char*& why);
  // log_file_fork.cc
  /// In a child of fork, before all else: makes the parent's log, which is what is mapped, unwritable. False: that
  /// could not be had, or there is none; the log has been let go.
  [[nodiscard]] bool Protect();
  /// In a child of fork that gets no log: private memory, which reads as zeros, takes the place of the parent's.
  void LetGo();
  /// Puts a copy of the log, in a file of its own named after this process, under the same addresses: in a child of
  /// fork, after Protect. False: there is none, and what is mapped is to be let go.
  [[nodiscard]] bool Replace(const char*& why);
  /// False if the file was made by somebody else, who makes none for a child.
  [[nodiscard]] bool MayHaveChildren() const { return settings_.descriptor < 0 && !settings_.filtered; }
  [[nodiscard]] const LogSettings& settings() const { return settings_; }
  /// Before a fork: says in the header where logs of children go, if the process has another user than when it made
  /// this one.
  void SayWhereChildrenAre();
  /// Gives address space back that is set aside and not in use, keeping about `bytes`: the service is limiting its own.
  void ReserveAtMost(std::uint64_t bytes);
  /// True in the process that the log is of; false in a child of vfork, which runs in its parent's memory.
  [[nodiscard]] bool IsOfThisProcess() const;
  /// Gives the address space back. Nobody may be using it any more.
  void Unmap();
  /// Empty if the file was made by somebody else (LogSettings::descriptor).
  [[nodiscard]] const char* path() const { return path_; }
  /// True of all the address space that the log takes.
  [[nodiscard]] bool Contains(std::uintptr_t address) const {
    return address - reinterpret_cast<std::uintptr_t>(base_) < mapped_bytes_;
  }
  /// Removes the file's name; recording goes on into nothing.
  void Unlink() const;
  /// True if the log is to be kept however short the process lived: it is the command that the user started.
  [[nodiscard]] bool IsOfTheRoot() const;

  [[nodiscard]] log::Header& header() const { return *reinterpret_cast<log::Header*>(base_); }
  [[nodiscard]] std::byte* base() const { return base_; }
  template <typename T>
  [[nodiscard]] T* At(std::uint64_t offset) const {
    return reinterpret_cast<T*>(base_ + offset);
  }

  /// Sets `bytes` (whole pages) of address space aside; its offset, or 0 if there is none left.
  [[nodiscard]] std::uint64_t SetAside(std::uint64_t bytes);
  /// Backs part of what was set aside with zeroed memory. False if there is none. errno is kept.
  [[nodiscard]] bool Back(std::uint64_t offset, std::uint64_t bytes);
  /// Both: commits `bytes` (rounded up to pages) of zeroed memory; its offset, or 0 if there is none left. errno is
  /// kept.
  [[nodiscard]] std::uint64_t Commit(std::uint64_t bytes);
  /// Enters a segment into the directory; the number of its entry, plus 1, goes to `entry_plus_1` unless null. False if
  /// the directory is full.
  bool Publish(log::SegmentKind kind, std::uint64_t offset, std::uint64_t bytes, std::uint64_t count,
               std::uint32_t* entry_plus_1 = nullptr);

  // Of a level of the live table that is no longer needed. Withdraw only while no other thread uses the log.
  /// Takes a directory entry back, of a level in which `events` things were inserted and removed again.
  void Withdraw(std::uint32_t entry, std::uint64_t events);
  /// Uses an entry again that was taken back.
  void PublishAgain(std::uint32_t entry, log::SegmentKind kind, std::uint64_t offset, std::uint64_t bytes,
                    std::uint64_t count);
  /// The events of all levels that were withdrawn.
  [[nodiscard]] std::uint64_t GoneEvents() const;
  /// True if memory can be given back at all.
  [[nodiscard]] bool IsInMemory() const { return room_.IsInMemory(); }
  /// True if the log could not grow for want of room in its file system that the service is to find free.
  [[nodiscard]] bool KeepsRoomFree() const { return room_.IsFull(); }
  /// From now on the file system is not asked how full it is.
  void AskNoMore() { room_.AskNoMore(); }
  /// Gives back memory that Back has got. False if the kernel refuses: it is then as it was. errno may change.
  [[nodiscard]] bool GiveBack(std::uint64_t offset, std::uint64_t bytes);
  /// True if all of this has been set aside.
  [[nodiscard]] bool IsSetAside(std::uint64_t offset, std::uint64_t bytes) const {
    return offset + bytes <= LoadRelaxed(committed_);
  }

 private:
  [[nodiscard]] bool OpenNew(int& fd, const char*& why);
  void SetPath(const char* name);
  [[nodiscard]] bool CreateFiltered(const char*& why);
  void FillHeader();
  /// Which entries of the directory a copy has, a bit each.
  struct EntrySet {
    std::uint64_t bits[log::kMaxSegments / 64] = {};
    void Add(std::uint32_t entry) { bits[entry / 64] |= std::uint64_t{1} << entry % 64; }
    [[nodiscard]] bool Has(std::uint32_t entry) const { return (bits[entry / 64] >> entry % 64 & 1) != 0; }
  };
  [[nodiscard]] bool CopyTo(int fd, std::uint64_t limit, EntrySet& copied) const;
  [[nodiscard]] bool CopySettled(int fd, std::uint64_t limit, EntrySet& copied) const;
  [[nodiscard]] bool MapCopy(int fd, const EntrySet& copied);
  void KeepOnly(const EntrySet& copied);
  [[nodiscard]] std::uint64_t EndOfSegments() const;

  std::byte* base_ = nullptr;
  std::uint64_t file_bytes_ = 0;    // end of what may be handed out
  std::uint64_t mapped_bytes_ = 0;  // address space set aside
  std::uint64_t committed_ = 0;     // end of what was handed out
  std::uint32_t made_as_ = 0;       // effective user when it was made
  int own_pid_ = 0;                 // as getpid says; the header may have another
  LogRoom room_;
  // Of Create. Zeros until then, as all of the recorder is: a megabyte of tables in the library's file otherwise.
  LogSettings settings_ = {.recorded_kinds = 0, .descriptor = 0, .seen_as = {}};
  char path_[log::kMaxPath + 64] = {};
};

}  // namespace mqtrack::recorder
