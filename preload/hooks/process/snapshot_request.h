// Snapshots that a service asks for itself (mqtrack_snapshot of track/track.h): by the command line, as a program of
// its own that reads the log from outside, like any other snapshot.
#pragma once

namespace mqtrack::hooks {

/// Remembers what the environment says of the command and of where snapshots go. Called once, at start-up.
void ReadSnapshotSettings();

/// Runs `mqtrack snapshot` on this process's log and waits for it. 0, or a negative errno as track.h lists them.
[[nodiscard]] int TakeOwnSnapshot(const char* name);

/// Why the latest one failed; "" if it did not.
[[nodiscard]] const char* SnapshotError();

}  // namespace mqtrack::hooks
