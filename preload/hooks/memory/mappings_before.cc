// What is mapped when the recorder is put into a running process. /proc/self/maps does not say who mapped it: files
// that are no libraries, and memory shared with others, nobody but the service maps. Private anonymous memory may be
// heap, a thread's stack or a library's data.
#include <cstring>

#include "preload/hooks/memory/mapping_calls.h"
#include "preload/hooks/memory/mapping_labels.h"
#include "preload/recorder/log/process_facts.h"
#include "preload/recorder/log/run_tally.h"
#include "preload/recorder/resources.h"
#include "preload/recorder/unwinding/loaded_objects.h"

namespace mqtrack::hooks {
namespace {

using recorder::MappedFile;

/// The C library maps its tables of languages and character sets.
bool IsOfCLibrary(const char* path) {
  constexpr char kLocales[] = "/usr/lib/locale/", kCharacterSets[] = "gconv-modules.cache", kTexts[] = "/LC_MESSAGES/";
  return std::strncmp(path, kLocales, sizeof kLocales - 1) == 0 || std::strstr(path, kCharacterSets) != nullptr ||
         std::strstr(path, kTexts) != nullptr;
}

const char* KindOf(const char* path) {
  constexpr char kSharedMemory[] = "/dev/zero (deleted)", kSysV[] = "/SYSV";
  if (std::strcmp(path, kSharedMemory) == 0) return MappingLabels::kShared;
  return std::strncmp(path, kSysV, sizeof kSysV - 1) == 0 ? MappingLabels::kSysV : MappingLabels::kFile;
}

void RecordInherited(const MappedFile& file) {
  recorder::LoadedObject library;
  if (recorder::FindObject(file.start, library) || IsOfCLibrary(file.path)) return;
  if (recorder::recorder.IsInLog(file.start) || recorder::IsInRunTally(file.start)) return;
  const MappingLabels labels(KindOf(file.path), file.path);
  recorder::mappings.Record({file.start, file.end}, recorder::resources.DescribeInherited(
                                                        file.end - file.start, labels.labels(), labels.count()));
}

}  // namespace

void RecordInheritedMappings() {
  if (recorder::recorder.Records(log::Kind::kMapping) && !recorder::recorder.sandboxed())
    recorder::VisitMappedFiles(RecordInherited);
}

}  // namespace mqtrack::hooks
