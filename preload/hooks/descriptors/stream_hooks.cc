// Streams and folders: the C library opens and closes their descriptors by calls of its own that cannot be seen.
#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>

#include <cstdio>

#include "preload/hooks/descriptors/descriptor_functions.h"
#include "preload/hooks/descriptors/descriptors.h"
#include "preload/recorder/sync/errno_keeper.h"
#include "preload/recorder/sync/kernel_call.h"

using mqtrack::hooks::ClosingDescriptor;
using mqtrack::hooks::FdKind;
using mqtrack::hooks::FollowDescriptors;
using mqtrack::hooks::Opened;
using mqtrack::hooks::RecordClosing;
using mqtrack::hooks::RestoreClosing;
using mqtrack::recorder::ErrnoKeeper;

namespace {

/// -1 for a stream in memory, and for one that is closed.
int NumberOf(FILE* stream) {
  const ErrnoKeeper keep_errno;
  return stream != nullptr ? ::fileno(stream) : -1;
}

FILE* OpenedStream(FILE* stream, FdKind kind, mqtrack::recorder::StartFrame frame) {
  if (stream != nullptr && FollowDescriptors()) Opened(NumberOf(stream), kind, frame);
  return stream;
}

bool IsOpen(int fd) {
  const ErrnoKeeper keep_errno;
  return mqtrack::recorder::KernelCall(SYS_fcntl, fd, F_GETFD) >= 0;
}

/// The stream's descriptor is closed, also if the new file cannot be had.
FILE* Reopen(const char* path, const char* mode, FILE* stream, mqtrack::recorder::StartFrame frame,
             FILE* (*real_freopen)(const char*, const char*, FILE*)) {
  if (!FollowDescriptors()) return real_freopen(path, mode, stream);
  const int before = NumberOf(stream);
  ClosingDescriptor closing;
  RecordClosing(before, closing);
  FILE* reopened = real_freopen(path, mode, stream);
  if (reopened != nullptr)
    Opened(NumberOf(reopened), FdKind::kFile, frame);
  else if (closing.known && IsOpen(before))
    RestoreClosing(before, closing);
  return reopened;
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

FILE* fopen(const char* path, const char* mode) {
  return OpenedStream(MQTRACK_REAL(fopen)(path, mode), FdKind::kFile, MQTRACK_HOOK_FRAME);
}
FILE* fopen64(const char* path, const char* mode) {
  return OpenedStream(MQTRACK_REAL(fopen64)(path, mode), FdKind::kFile, MQTRACK_HOOK_FRAME);
}
FILE* freopen(const char* path, const char* mode, FILE* stream) {
  return Reopen(path, mode, stream, MQTRACK_HOOK_FRAME, MQTRACK_REAL(freopen));
}
FILE* freopen64(const char* path, const char* mode, FILE* stream) {
  return Reopen(path, mode, stream, MQTRACK_HOOK_FRAME, MQTRACK_REAL(freopen64));
}
FILE* tmpfile() { return OpenedStream(MQTRACK_REAL(tmpfile)(), FdKind::kFile, MQTRACK_HOOK_FRAME); }
FILE* tmpfile64() { return OpenedStream(MQTRACK_REAL(tmpfile64)(), FdKind::kFile, MQTRACK_HOOK_FRAME); }
FILE* popen(const char* command, const char* mode) {
  return OpenedStream(MQTRACK_REAL(popen)(command, mode), FdKind::kPipe, MQTRACK_HOOK_FRAME);
}

int fclose(FILE* stream) {
  if (FollowDescriptors()) RecordClosing(NumberOf(stream));
  return MQTRACK_REAL(fclose)(stream);
}
int pclose(FILE* stream) {
  if (FollowDescriptors()) RecordClosing(NumberOf(stream));
  return MQTRACK_REAL(pclose)(stream);
}

DIR* opendir(const char* path) {
  DIR* folder = MQTRACK_REAL(opendir)(path);
  if (folder != nullptr) Opened(::dirfd(folder), FdKind::kFile, MQTRACK_HOOK_FRAME);
  return folder;
}
/// Under another name: the header promises that there is a folder, and the real one answers null with EINVAL.
int mqtrack_closedir(DIR* folder) __asm__("closedir");
int mqtrack_closedir(DIR* folder) {
  if (folder != nullptr && FollowDescriptors()) RecordClosing(::dirfd(folder));
  return MQTRACK_REAL(closedir)(folder);
}

}  // extern "C"
#pragma GCC visibility pop
