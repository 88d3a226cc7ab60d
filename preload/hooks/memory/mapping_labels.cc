#include "preload/hooks/memory/mapping_labels.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include <cstring>

#include "preload/hooks/admitted_texts.h"
#include "preload/recorder/log/process_facts.h"
#include "preload/recorder/recorder.h"
#include "preload/recorder/sync/kernel_call.h"

namespace mqtrack::hooks {
namespace {

using log::LabelKey;
using recorder::Argument;

AdmittedTexts<256> known_names;

/// The kernel's remark on a file that has no name any more; without it, a temporary file is called as before.
constexpr char kDeleted[] = " (deleted)";

const char* KindOf(int flags) {
  if ((flags & MAP_ANONYMOUS) == 0) return MappingLabels::kFile;
  return (flags & MAP_TYPE) == MAP_PRIVATE ? MappingLabels::kAnonymous : MappingLabels::kShared;
}

}  // namespace

MappingLabels::MappingLabels(const char* kind) : labels_{{LabelKey::kKind, kind, std::strlen(kind)}, {}} {}

MappingLabels::MappingLabels(int flags, int fd) : MappingLabels(KindOf(flags)) {
  if ((flags & MAP_ANONYMOUS) != 0 || recorder::recorder.sandboxed()) return;
  char link[40] = "/proc/self/fd/";
  recorder::FormatDecimal(static_cast<unsigned>(fd), link + std::strlen(link));
  const long bytes = recorder::ReadLink(link, path_, sizeof path_);
  if (bytes > 0) AddName(path_, static_cast<std::size_t>(bytes));
}

MappingLabels::MappingLabels(const char* kind, const char* path) : MappingLabels(kind) {
  if (kind != kFile) return;
  const std::size_t bytes = ::strnlen(path, sizeof path_);
  std::memcpy(path_, path, bytes);
  AddName(path_, bytes);
}

/// `path` is `path_`; longer paths are cut.
void MappingLabels::AddName(const char* path, std::size_t bytes) {
  constexpr std::size_t kRemark = sizeof kDeleted - 1, kLongest = 255;
  if (bytes > kRemark && std::memcmp(path + bytes - kRemark, kDeleted, kRemark) == 0) bytes -= kRemark;
  if (bytes > kLongest) bytes = kLongest;
  if (!known_names.Admits(path, bytes)) path = kOtherText, bytes = sizeof kOtherText - 1;
  labels_[count_++] = {LabelKey::kName, path, bytes};
}

}  // namespace mqtrack::hooks
