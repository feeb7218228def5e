// How the program ends: the codes of sysexits(3) where one fits, as the README tells them.
#pragma once

#include "vectorizer/types.h"

namespace vz::host {

inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;      // the command line or the configuration
inline constexpr int kExitFrontend = 3;   // one that does not start, or misbehaves
inline constexpr int kExitDamaged = 65;   // damaged, or of a later version
inline constexpr int kExitNotThere = 66;  // no data directory, collection or snapshot of that name
inline constexpr int kExitStorage = 74;   // a disk that cannot be read or written, or is full
inline constexpr int kExitInUse = 75;     // another process has the data directory
inline constexpr int kExitStopped = 130;  // what shells make of a SIGINT

inline int exit_code(const vz_error& error) {
    switch (error.status) {
        case VZ_OK: return 0;
        case VZ_CORRUPTION:
        case VZ_UNSUPPORTED: return kExitDamaged;
        case VZ_NOT_FOUND: return kExitNotThere;
        case VZ_IO_ERROR:
        case VZ_DISK_FULL: return kExitStorage;
        case VZ_BUSY:
            // Results, of which nobody but a frontend keeps any.
            return error.reason == VZ_REASON_IN_USE    ? kExitInUse
                   : error.reason == VZ_REASON_RESULTS ? kExitFrontend
                                                       : kExitFailed;
        default: return kExitFailed;
    }
}

}  // namespace vz::host
