// System calls by syscall() that end a process, or make it another program.
#pragma once

namespace mqtrack::hooks {

[[nodiscard]] bool IsProcessCall(long number);
/// Makes it, and does what the hooks of exec and _exit do.
long ProcessCall(long number, long a, long b, long c, long d, long e);

}  // namespace mqtrack::hooks
