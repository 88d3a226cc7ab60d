// Of a library that is linked to the program.
#pragma once

/// Keeps a block in a variable of the library, and one in each thread's variable, of which the place is known when the
/// program starts.
__attribute__((visibility("default"))) void KeepInLibrary();
