// The labels of a mapping.
//
//   kind   anonymous; shared: anonymous, and shared with children; file; sysv: of shmat; brk
//   name   of a file: its path. At most 256 different ones of a process; further ones are "(other)"
#pragma once

#include <cstddef>

#include "preload/recorder/labels/label_table.h"

namespace mqtrack::hooks {

/// Must outlive the use of its labels.
class MappingLabels {
 public:
  static constexpr char kAnonymous[] = "anonymous", kShared[] = "shared", kFile[] = "file", kSysV[] = "sysv",
                        kBreak[] = "brk";

  /// `kind`: one of the above.
  explicit MappingLabels(const char* kind);
  /// Of what mmap makes with these arguments.
  MappingLabels(int flags, int fd);
  /// A file that is mapped already; `path` as the kernel writes it.
  MappingLabels(const char* kind, const char* path);
  MappingLabels(const MappingLabels&) = delete;
  MappingLabels& operator=(const MappingLabels&) = delete;

  [[nodiscard]] const recorder::Label* labels() const { return labels_; }
  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  void AddName(const char* path, std::size_t bytes);

  recorder::Label labels_[2];
  std::size_t count_ = 1;
  char path_[256];
};

}  // namespace mqtrack::hooks
