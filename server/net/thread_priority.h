// What a thread may say to the kernel's scheduler about itself.
#pragma once

namespace culvert::net {

// For a thread whose work can wait: from now on the kernel takes the CPU from the calling thread
// when another one of the process wakes up. It still gets about a tenth of a CPU while the others
// want all of it. Needs no rights; where the kernel refuses, the thread stays as it is.
void YieldToOthers();

}  // namespace culvert::net
