// The table of all operations, generated from the list in meson.build.
#include "compute/op/op.h"

#include "compute/i18n.h"
#include "compute/op/op_table.h"

#include <string.h>

#define X(name) extern const struct op name##_op;
OP_ROWS
#undef X

#define X(name) &name##_op,
const struct op *const op_table[] = {OP_ROWS NULL};
#undef X

const struct op *op_find(const char *name)
{
    for (int i = 0; op_table[i]; i++) {
        if (strcmp(op_table[i]->name, name) == 0) {
            return op_table[i];
        }
    }
    return NULL;
}

// ---- kernels ------------------------------------------------------------------------------------

static bool reads_inputs(const struct op_kernel *kernel, const struct node *node)
{
    for (int i = 0; i < node->n_in; i++) {
        if (node->in[i] && dtype_is_half(node->in[i]->dtype) && !(kernel->halves >> i & 1)) {
            return false;
        }
    }
    return true;
}

static bool fits(const struct op_kernel *kernel, const struct node *node,
                 const struct gpu_info *gpu)
{
    return (kernel->dispatch || gpu->host_kernels) && reads_inputs(kernel, node) &&
           (!kernel->fits || kernel->fits(node, gpu));
}

// Among the kernels that `variant` means; NULL means all of them.
static const struct op_kernel *first_fit(const struct node *node, const struct gpu_info *gpu,
                                         const char *variant)
{
    for (int i = 0; i < OP_MAX_KERNELS && node->op->kernels[i].name; i++) {
        const struct op_kernel *kernel = &node->op->kernels[i];
        bool meant = !variant || strcmp(variant, kernel->name) == 0 ||
                     (kernel->dispatch && strcmp(variant, "shader") == 0);
        if (meant && fits(kernel, node, gpu)) {
            return kernel;
        }
    }
    return NULL;
}

const struct op_kernel *op_kernel_choose(const struct node *node, const struct gpu_info *gpu,
                                         const char *variant)
{
    const struct op_kernel *kernel = first_fit(node, gpu, variant);

    return kernel ? kernel : first_fit(node, gpu, NULL);
}

const char *op_needs(const struct op *op)
{
    const char *needs = NULL;

    for (int i = 0; i < OP_MAX_KERNELS && op->kernels[i].name; i++) {
        needs = op->kernels[i].needs; // the last one's, which asks for least
    }
    return needs ? translated(needs) : _("a kernel for it");
}

bool op_takes_halves(const struct gpu_info *gpu)
{
    const char *variant = NULL;
    if (!gpu->host_kernels || !op_variant(gpu, &variant, NULL)) {
        return false;
    }
    bool any = !variant;
    for (int i = 0; op_table[i] && !any; i++) {
        for (int k = 0; k < OP_MAX_KERNELS && op_table[i]->kernels[k].name; k++) {
            const struct op_kernel *kernel = &op_table[i]->kernels[k];
            any = any || (kernel->halves && strcmp(kernel->name, variant) == 0);
        }
    }
    return any;
}

static bool is_variant(const char *name)
{
    for (int i = 0; op_table[i]; i++) {
        for (int k = 0; k < OP_MAX_KERNELS && op_table[i]->kernels[k].name; k++) {
            if (strcmp(op_table[i]->kernels[k].name, name) == 0) {
                return true;
            }
        }
    }
    return strcmp(name, "shader") == 0;
}

bool op_variant(const struct gpu_info *gpu, const char **variant, GError **error)
{
    const char *wanted = g_getenv("TINCTURE_VARIANT");

    *variant = wanted && *wanted ? wanted : NULL;
    if (*variant && !is_variant(*variant)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("TINCTURE_VARIANT=%s: no operation has a kernel of that name"), *variant);
        return false;
    }
    if (g_strcmp0(*variant, "host") == 0 && !gpu->host_kernels) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("TINCTURE_VARIANT=host: the memory of %s is not the processor's"), gpu->name);
        return false;
    }
    return true;
}
