#include "preload/recorder/thread_labels.h"

#include <sys/prctl.h>

#include <cstring>

#include "preload/recorder/labels/region_stack.h"
#include "preload/recorder/labels/regions.h"
#include "preload/recorder/packets/packet_tracker.h"
#include "preload/recorder/sync/errno_keeper.h"

namespace mqtrack::recorder {
namespace {

// A thread may be renamed by prctl at any time: its name is read again after this many allocations.
constexpr std::uint16_t kNameReadEvery = 1024;

}  // namespace

void ThreadLabels::ReadName(ThreadState& thread) const {
  if (thread.session != recorder_.session()) {
    thread.labels = thread.name_labels = 0;
    thread.in_packet = InPacket::kNo;
  }
  thread.session = recorder_.session();
  thread.name_age = kNameReadEvery;
  if (recorder_.sandboxed()) return;
  const ErrnoKeeper keep_errno;
  char name[16] = {};
  ::prctl(PR_GET_NAME, name, 0, 0, 0);
  name[15] = 0;
  LabelTable& labels = recorder_.labels();
  const Label label = {log::LabelKey::kThread, name, ::strnlen(name, sizeof(name))};
  const log::LabelsId of_name = labels.Intern(log::LabelsId::kNone, &label, 1);
  thread.name_labels =
      static_cast<std::uint32_t>(region_stack.depth == 0 ? of_name : Regions(recorder_).AddTo(of_name));
  thread.labels = thread.in_packet != InPacket::kLabelled
                      ? thread.name_labels
                      : static_cast<std::uint32_t>(labels.Intern(static_cast<log::LabelsId>(thread.labels), &label, 1));
}

void ThreadLabels::LabelPacket() { packet_tracker.LabelPacket(); }

}  // namespace mqtrack::recorder
