#include "libtrack/heapgraph/capture/saved_capture.h"

#include <elf.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "libtrack/corefile/core_writer.h"
#include "libtrack/heapgraph/capture/saved_facts.h"
#include "libtrack/heapgraph/root_regions.h"
#include "libtrack/support/file.h"
#include "libtrack/support/units.h"

namespace mqtrack::heapgraph {
namespace {

using corefile::CoreWriter;
using procfs::MemoryMapping;
using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

constexpr std::uint64_t kPieceBytes = 1 << 20;
// Of a file that a module is mapped from: what is longer is hardly a library's.
constexpr std::uint64_t kMostFileBytes = std::uint64_t{64} << 20;

std::uint32_t ProtectionOf(const MemoryMapping& mapping) {
  return (mapping.readable ? PF_R : 0u) | (mapping.writable ? PF_W : 0u) | (mapping.executable ? PF_X : 0u);
}

class Saver {
 public:
  Saver(const HeapCapture& capture, const MemorySource& memory, CoreWriter writer, const SaveProgress& progress)
      : capture_(capture), memory_(memory), writer_(std::move(writer)), progress_(progress), all_(ExpectedBytes()) {}

  [[nodiscard]] std::uint64_t ExpectedBytes() const {
    std::uint64_t bytes = capture_.log->taken_bytes();
    for (const MemoryMapping& mapping : capture_.mappings) {
      if (CanHold(mapping, capture_.log_inode)) bytes += mapping.shared ? mapping.resident_bytes : mapping.own_bytes;
    }
    return bytes;
  }

  [[nodiscard]] Status Save() {
    std::uint64_t log_end = 0;
    for (const MemoryMapping& mapping : capture_.mappings) {
      Status saved;
      if (mapping.inode == capture_.log_inode && mapping.inode != 0) {
        if (log_end == 0) saved = SaveLog(mapping.start - mapping.offset, log_end);
      } else if (mapping.start >= log_end) {
        saved = SaveMapping(mapping);
      }
      if (!saved) return saved;
    }
    if (log_end == 0)
      return Error{ErrorCode::kCannotMeasure, "has its log mapped no more: it is recorded no more", capture_.process};
    if (capture_.check) {
      if (const Status whole = capture_.check(); !whole) return whole;
    }
    return writer_.Finish(Notes());
  }
  [[nodiscard]] std::uint64_t done() const { return done_; }

 private:
  [[nodiscard]] Status Add(std::uint64_t address, std::span<const std::byte> bytes) {
    const Status added = writer_.Add(address, bytes);
    done_ += bytes.size();
    if (progress_) progress_(done_, std::max(done_, all_));
    return added;
  }

  [[nodiscard]] Status SaveLog(std::uint64_t start, std::uint64_t& end) {
    end = start + capture_.log->file_bytes();
    writer_.Begin(start, end, PF_R | PF_W);
    return capture_.log->ForEachPart(
        [&](std::uint64_t offset, std::span<const std::byte> bytes) { return Add(start + offset, bytes); });
  }

  /// Whether it is of a module's file: debuggers and the names of C++ classes need more of that than was written to.
  [[nodiscard]] bool IsOfModule(const MemoryMapping& mapping) const {
    const std::vector<log::LogModule>& modules = capture_.content.modules;
    return mapping.inode != 0 && !mapping.shared && mapping.readable && !mapping.executable &&
           mapping.end - mapping.start <= kMostFileBytes &&
           std::any_of(modules.begin(), modules.end(), [&](const log::LogModule& module) {
             return mapping.start >= module.start && mapping.start < module.end;
           });
  }

  [[nodiscard]] Status SaveMapping(const MemoryMapping& mapping) {
    const AddressRange range{mapping.start, mapping.end};
    writer_.Begin(range.start, range.end, ProtectionOf(mapping));
    const bool is_all = IsOfModule(mapping) || mapping.path == "[vdso]";
    if (is_all) {
      if (const Status saved = SaveAll(range); !saved) return saved;
    }
    if (!CanHold(mapping, capture_.log_inode)) return {};
    Status saved;
    const bool whole = memory_.Visit(range, [&](std::uint64_t address, std::span<const std::uint64_t> words) {
      const std::uint64_t end = address + words.size_bytes();
      if (!shown_.empty() && shown_.back().end == address) {
        shown_.back().end = end;
      } else {
        shown_.push_back({address, end});
      }
      if (!is_all && saved) saved = Add(address, std::as_bytes(words));
    });
    if (!whole) missing_.push_back(range);
    return saved;
  }

  [[nodiscard]] Status SaveAll(AddressRange range) {
    std::vector<std::byte> piece(std::min(kPieceBytes, range.bytes()));
    for (std::uint64_t at = range.start; at < range.end;) {
      const std::size_t read = memory_.Read(at, piece.data(), std::min<std::uint64_t>(piece.size(), range.end - at));
      if (read == 0) break;  // beyond the end of the file, or it was not copied
      if (const Status added = Add(at, {piece.data(), read}); !added) return added;
      at += read;
    }
    return {};
  }

  [[nodiscard]] corefile::CoreNotes Notes() {
    corefile::CoreNotes notes;
    notes.pid = capture_.pid;
    notes.name = capture_.content.facts.comm;
    for (const ThreadAtRest& thread : capture_.threads) {
      corefile::CoreThread& saved = notes.threads.emplace_back();
      saved.tid = thread.tid;
      const std::size_t general = sizeof saved.general / sizeof(std::uint64_t);
      if (thread.registers.size() < general) continue;
      std::memcpy(&saved.general, thread.registers.data(), sizeof saved.general);
      const auto extended = std::as_bytes(std::span(thread.registers).subspan(general));
      saved.extended.assign(extended.begin(), extended.end());
    }
    for (const MemoryMapping& mapping : capture_.mappings) {
      if (mapping.inode != 0) notes.files.push_back({mapping.start, mapping.end, mapping.offset, mapping.path});
    }
    AddAuxiliary(notes);
    notes.own = EncodeSavedFacts(Facts());
    return notes;
  }

  void AddAuxiliary(corefile::CoreNotes& notes) const {
    const Result<std::string> bytes = support::ReadFile("/proc/" + std::to_string(capture_.pid) + "/auxv");
    std::uint64_t entry[2] = {};
    for (std::size_t at = 0; bytes && at + sizeof entry <= bytes->size(); at += sizeof entry) {
      std::memcpy(entry, bytes->data() + at, sizeof entry);
      if (entry[0] != AT_NULL) notes.auxiliary.emplace_back(entry[0], entry[1]);
    }
  }

  [[nodiscard]] SavedFacts Facts() {
    SavedFacts facts;
    facts.process = capture_.process;
    facts.stood_still_nanos = capture_.stood_still.count();
    facts.cloned = capture_.cloned;
    facts.why_not_cloned = capture_.why_not_cloned;
    facts.not_copied = capture_.not_copied;
    facts.log_inode = capture_.log_inode;
    facts.kernel_words = capture_.kernel_words;
    for (const ThreadAtRest& thread : capture_.threads) facts.thread_names.emplace_back(thread.tid, thread.name);
    facts.mappings = capture_.mappings;
    facts.shown = std::move(shown_);
    facts.missing = std::move(missing_);
    return facts;
  }

  const HeapCapture& capture_;
  const MemorySource& memory_;
  CoreWriter writer_;
  const SaveProgress& progress_;
  std::uint64_t all_, done_ = 0;
  std::vector<AddressRange> shown_, missing_;
};

/// Before anything is written: a full disk is no good place to find out.
Status CheckDisk(const std::string& path, std::uint64_t bytes) {
  struct statvfs info {};
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  if (::statvfs(folder.c_str(), &info) != 0) return {};
  const std::uint64_t left = info.f_bavail * info.f_frsize;
  if (left >= bytes) return {};
  return Error{ErrorCode::kSystem,
               "takes about " + support::FormatBytes(static_cast<std::int64_t>(bytes)) + ", and its disk has " +
                   support::FormatBytes(static_cast<std::int64_t>(left)) + " left: nothing was written",
               path};
}

}  // namespace

Result<SavedFile> SaveCapture(const HeapCapture& capture, const MemorySource& memory, const std::string& path,
                              const SaveProgress& progress) {
  Result<CoreWriter> writer = CoreWriter::Create(path);
  if (!writer) return writer.error();
  Saver saver(capture, memory, std::move(*writer), progress);
  if (const Status room = CheckDisk(path, saver.ExpectedBytes()); !room) return room.error();
  if (const Status saved = saver.Save(); !saved) return saved.error();
  return SavedFile{saver.done()};
}

}  // namespace mqtrack::heapgraph
