// A graph as text or as a drawing for Graphviz.
#include "compute/graph/dump.h"

#include "compute/i18n.h"
#include "compute/op/op.h"
#include "compute/replace.h"

#include <string.h>

// A device and what narrows the choice of kernels on it.
struct target {
    const struct gpu_info *gpu; // NULL: no kernels are named
    const char *variant;
};

// "matmul.host": an operation and the kernel that it runs with.
static char *kind_of(const struct node *node, const struct target *target)
{
    if (!node->op) {
        return g_strdup(node->constant ? "constant" : node->trainable ? "trainable" : "leaf");
    }
    const struct op_kernel *kernel =
        target->gpu ? op_kernel_choose(node, target->gpu, target->variant) : NULL;
    return g_strconcat(node->op->name, kernel ? "." : NULL, kernel ? kernel->name : NULL, NULL);
}

// "(1, 8, 8, 64)" without leading ones: "(8, 8, 64)".
static char *shape_text(const struct node *node)
{
    GString *text = g_string_new("(");
    int from = 0;
    while (from < GRAPH_RANK - 1 && node->shape[from] == 1) {
        from++;
    }
    for (int i = from; i < GRAPH_RANK; i++) {
        g_string_append_printf(text, "%s%d", i > from ? ", " : "", node->shape[i]);
    }
    g_string_append_c(text, ')');
    return g_string_free(text, FALSE);
}

static void append_line(GString *text, const struct node *node, const struct target *target)
{
    g_autofree char *kind = kind_of(node, target);
    g_autofree char *shape = shape_text(node);
    g_string_append_printf(text, "%6d  %-22s %-20s", node->id, kind, shape);
    for (int i = 0; i < node->n_in; i++) {
        if (node->in[i]) {
            g_string_append_printf(text, " %d", node->in[i]->id);
        } else {
            g_string_append(text, " -");
        }
    }
    if (node->name) {
        g_string_append_printf(text, "  %s", node->name);
    }
    g_string_append_c(text, '\n');
}

static void append_dot(GString *text, const struct node *node, const struct target *target)
{
    g_autofree char *kind = kind_of(node, target);
    g_autofree char *shape = shape_text(node);
    g_autofree char *name = node->name ? g_strescape(node->name, NULL) : g_strdup("");
    const char *color = node->op ? "white" : node->trainable ? "orange" : "lightgrey";
    g_string_append_printf(
        text, "  n%d [label=\"%d %s\\n%s\\n%s\", style=filled, fillcolor=%s, shape=box];\n",
        node->id, node->id, kind, shape, name, color);
    for (int i = 0; i < node->n_in; i++) {
        if (node->in[i]) {
            g_string_append_printf(text, "  n%d -> n%d;\n", node->in[i]->id, node->id);
        }
    }
}

bool graph_dump(const struct graph *g, const struct gpu_info *gpu, const char *path, GError **error)
{
    struct target target = {.gpu = gpu};
    if (gpu && !op_variant(gpu, &target.variant, error)) {
        return false;
    }
    g_autoptr(GString) text = g_string_new(NULL);
    bool dot = g_str_has_suffix(path, ".dot");
    if (dot) {
        g_string_append(text, "digraph {\n");
    }
    for (int id = 0; id < graph_size(g); id++) {
        if (dot) {
            append_dot(text, graph_nth(g, id), &target);
        } else {
            append_line(text, graph_nth(g, id), &target);
        }
    }
    if (dot) {
        g_string_append(text, "}\n");
    }
    const bool ok = replacement_whole(path, text->str, text->len, error);
    if (!ok) {
        g_prefix_error(error, _("could not save %s: "), path);
    }
    return ok;
}

bool dump_if_wanted(const struct graph *g, const struct gpu_info *gpu, GError **error)
{
    static int count;
    const char *path = g_getenv("TINCTURE_DUMP_GRAPH");
    if (!path || !*path) {
        return true;
    }
    if (++count == 1) {
        return graph_dump(g, gpu, path, error);
    }
    const char *slash = strrchr(path, '/');
    const char *dot = strrchr(path, '.');
    int stem = dot && (!slash || dot > slash) ? (int)(dot - path) : (int)strlen(path);
    g_autofree char *numbered = g_strdup_printf("%.*s-%d%s", stem, path, count, path + stem);
    return graph_dump(g, gpu, numbered, error);
}
