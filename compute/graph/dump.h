// Private to compute/graph.
#pragma once

#include "compute/graph/graph.h"

// Writes the graph to TINCTURE_DUMP_GRAPH where that is set: file.dot, and file-2.dot, file-3.dot
// ... for the graphs that follow.
bool dump_if_wanted(const struct graph *g, const struct gpu_info *gpu, GError **error);
