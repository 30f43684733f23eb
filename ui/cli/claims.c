// What papers claim, tried and written down as a page.
#include "ui/cli/cli.h"

#include "ui/claims/claims.h"

#include <stdio.h>
#include <string.h>

// FOLDER:WORD.
static GPtrArray *read_photos(const struct cli *c, char **kind, GError **error)
{
    const char *text = c->photos;
    const char *colon = strrchr(text, ':');
    if (!colon || colon == text || !colon[1] || strchr(colon, '/')) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--photos needs FOLDER:WORD, such as photos/rex:dog, not \"%s\"", text);
        return NULL;
    }
    g_autofree char *folder = g_strndup(text, (gsize)(colon - text));
    GPtrArray *paths = cli_photos_in(c, folder, error);
    if (paths && (paths->len < 3 || paths->len > 5)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    "there are %u photos in %s, and the claims are tried with 3 to 5", paths->len,
                    folder);
        g_clear_pointer(&paths, g_ptr_array_unref);
    }
    if (paths) {
        g_ptr_array_add(paths, NULL);
        *kind = g_strdup(colon + 1);
    }
    return paths;
}

static bool run(struct cli *c, GError **error)
{
    g_autofree char *kind = NULL;
    g_autoptr(GPtrArray) photos = c->photos ? read_photos(c, &kind, error) : NULL;
    const struct claims_request q = {
        .dir = c->out,
        .only = c->only,
        .photos = photos ? (const char *const *)photos->pdata : NULL,
        .kind = kind,
        .quick = c->quick,
    };
    if ((c->photos && !photos) || !cli_engine(c, error) ||
        !claims_run(c->engine, &q, &cli_task, error)) {
        return false;
    }
    cli_progress_end();
    printf("%s/index.html\n", c->out);
    return true;
}

const struct cli_command claims_command = {
    .name = "claims",
    .summary = "Try what the papers claim on the model, and write a page of it",
    .usage = "",
    .writes = CLI_FOLDER,
    .options = (const char *const[]){"model", "vae", "device", "precision", "only", "photos",
                                     "quick", "out", NULL},
    .needed = (const char *const[]){"out", NULL},
    .run = run,
};
