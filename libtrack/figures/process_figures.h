// Figures of a process of this machine, recorded or not.
#pragma once

#include <cstdint>

#include "libtrack/figures/figures.h"
#include "libtrack/process/discovery.h"

namespace mqtrack::figures {

/// process_*: what the kernel says of it. Nothing is added of a process that is gone.
void AddUsageFigures(std::int64_t pid, Figures& figures);
/// The same of the calling process, as mqtrack_serve_*: a scraper must not take the server for the service.
void AddOwnUsage(Figures& figures);

/// Whether it is up, what it is, since when it is recorded, and AddUsageFigures.
void AddProcessFigures(const process::RecordedProcess& process, Figures& figures);

}  // namespace mqtrack::figures
