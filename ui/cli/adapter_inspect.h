// `adapter inspect`.
#pragma once

#include "compute/adapter/study.h"
#include "ui/cli/cli.h"

// Prints what n adapters do, each alone at its strength, and how alike they are.
bool cli_inspect(struct cli *c, struct adapter *const *list, int n, GError **error);
