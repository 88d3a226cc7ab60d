// The registers of a stopped thread, as the kernel gives them: cpu_registers_x86_64.h and its like. The build chooses
// one (cmake/MqtrackProcessor.cmake), and all of them declare the same:
//
//   CpuRegisters          the general registers: the regset NT_PRSTATUS
//   CodeAddress           the program counter among them
//   kExtendedState        the regset of all further registers
//   kAuditArchitecture    what system call filters call this processor
#pragma once

#include MQTRACK_THREADS_CPU_H
