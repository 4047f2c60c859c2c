// Rows of cells as columns, padded as Docker's tables: at least ten characters
// a column, at least three blanks between two.
//
// Threads: a free function.

#ifndef GANTRY_CTL_OUTPUT_TABLE_H_
#define GANTRY_CTL_OUTPUT_TABLE_H_

#include <string>
#include <vector>

namespace gantry::ctl {

// One line a row. The last cell of a row is not padded.
std::string PrintTable(const std::vector<std::vector<std::string>>& rows);

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_OUTPUT_TABLE_H_
