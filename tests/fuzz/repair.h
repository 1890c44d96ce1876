// Makes right what a case asks to be made right (hostile_case.h, Repair): a hostile writer knows the
// checksums.
#pragma once
#include "hostile_case.h"

namespace fuzz {

// Both areas inside the log, where they can be.
void repair_areas(Files *files);

// Everything else, in the order in which one thing depends on another.
void repair(u16 what, Files *files);

// Sizes and contents as recovery sees them: the digest of the record's new lines, taken from the data file,
// and the chained hash of size bytes of the log (FORMAT.md, Conventions).
u64 digest_of_lines(const Files &files, u64 record_offset, const format::RecordHeader &header);
// Of the record with this header and, behind it, what the log has there.
u64 record_checksum(const SparseFile &log, u64 offset, format::RecordHeader header, u64 bytes);

}  // namespace fuzz
