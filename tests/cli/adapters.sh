#!/bin/sh
# Adapter files of other programs on the command line: what they change, and what is told of them. The files of
# data/adapter/cases are for the starter model and were made for reports of other programs' faults; that each weight
# is right is tests/adapter's to see.  $1: tincture-cli, $2: data/adapter/cases
. "$(dirname "$0")/tap.sh"
cli=$(realpath "$1")
cases=$(realpath "$2")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

# Writes safetensors files: OUT NAME SHAPE ..., all zeros and ones by turns. And compares two of one tensor each.
cat >files.py <<'PY'
import json, struct, sys
def read(path):
    data = open(path, "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    head = json.loads(data[8:8 + n])
    head.pop("__metadata__", None)
    return {k: struct.unpack("<%df" % ((t["data_offsets"][1] - t["data_offsets"][0]) // 4),
                             data[8 + n + t["data_offsets"][0]:8 + n + t["data_offsets"][1]]) for k, t in head.items()}
def write(path, tensors):
    head, body = {}, b""
    for name, shape in tensors:
        count = 1
        for s in shape:
            count *= s
        head[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(body), len(body) + 4 * count]}
        body += struct.pack("<%df" % count, *(i % 2 for i in range(count)))
    text = json.dumps(head).encode()
    open(path, "wb").write(struct.pack("<Q", len(text)) + text + body)
if sys.argv[1] == "write":
    write(sys.argv[2], [(n, json.loads(s)) for n, s in zip(sys.argv[3::2], sys.argv[4::2])])
else:
    a, b = read(sys.argv[2]), read(sys.argv[3])
    worst = max(abs(x - y) / max(map(abs, b[k])) for k in b for x, y in zip(a[k], b[k]))
    print("# differs by %.2g" % worst)
    sys.exit(not (worst < 1e-5 if sys.argv[1] == "same" else worst > 1e-4))
PY

# predict ADAPTER OUT: what is said goes to the file "said"
predict() {
    "$cli" predict --latents z.safetensors --timestep 500 --prompt "a banana" --out "$2" ${1:+--adapter "$1"} 2>said
}
# differs A B, same A B
differs() { python3 files.py differs "$1" "$2"; }
same() { python3 files.py same "$1" "$2"; }

"$cli" generate --prompt banana --steps 1 --seed 1 --latents-out z.safetensors --out x.png 2>/dev/null &&
    predict "" base.safetensors
check $? "a prediction without an adapter"

# Configurations that speak of more than a low-rank update of the model's own weights are refused, with the reason.
refuse() { # refuse OLD NEW SENTENCE: the peft case with its configuration changed
    rm -rf odd && cp -r "$cases/peft" odd && chmod -R u+w odd && sed -i "s|$1|$2|" odd/adapter_config.json
    predict odd odd.safetensors
    [ $? = 1 ] && grep -q "$3" said
    check $? "refused: $(cat said)"
}
refuse '^{' '{"init_lora_weights": "pissa_niter_4",' 'init_lora_weights is "pissa_niter_4"'
refuse '^{' '{"kasa_config": {"beta": 1e-4},' 'kasa_config: more than'
refuse '"lora_alpha": [0-9.]*' '"lora_alpha": 1e300' 'not finite'

mkdir vera && python3 files.py write vera/adapter_model.safetensors base_model.model.conv_in.vera_lambda_b "[8]" &&
    echo '{"peft_type": "VERA"}' >vera/adapter_config.json
! predict vera vera.safetensors && grep -q 'peft_type is "VERA"' said
check $? "a method of PEFT that is not known is named: $(cat said)"

to_q=down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q
while read -r tensor method; do
    python3 files.py write unknown.safetensors "base_model.model.$to_q.$tensor" "[160]"
    ! "$cli" adapter info unknown.safetensors 2>said && grep -q "is an adapter of the method $method, which" said
    check $? "$tensor: $(cat said)"
    python3 files.py write unknown.safetensors "base_model.model.$to_q.$tensor" "[160]" \
        "base_model.model.$to_q.lora_A.weight" "[2, 160]" "base_model.model.$to_q.lora_B.weight" "[160, 2]"
    "$cli" adapter info unknown.safetensors >said && grep -q "^note *what is of the method $method is not applied" said
    check $? "and beside what is applied: $method"
done <<'END'
vera_lambda_b VeRA
ln_tuning_layers.weight LN tuning
bone_block Bone
miss_block MiSS
hra_u HRA
fourierft_spectrum FourierFT
b2.weight GLoRA
END
mkdir ln && python3 files.py write ln/adapter_model.safetensors base_model.model.conv_in.ln_tuning_layers.weight "[8]" &&
    echo '{"peft_type": "LN_TUNING"}' >ln/adapter_config.json
! predict ln ln.safetensors && grep -q 'peft_type is "LN_TUNING", a method that this program does not apply' said
check $? "a method with names as LoRA's relatives have them: $(cat said)"

for pickle in adapter_model.bin pytorch_lora_weights.bin; do
    rm -rf old && mkdir old && printf 'PK\003\004' >old/$pickle
    ! predict old old.safetensors && grep -q "holds its adapter only as $pickle, .* save it as safetensors" said
    check $? "a folder with a pickle alone says so: $(cat said)"
done

for name in lora_diffusers_metadata lora_dora lora_locon lora_with_te peft; do
    file=$cases/$name.safetensors
    [ -f "$file" ] || file=$cases/$name
    predict "$file" $name.safetensors && [ ! -s said ] && differs $name.safetensors base.safetensors
    check $? "$name acts, whole and without a word"
    "$cli" adapter info "$file" --json >info.json &&
        python3 -c 'import json; i = json.load(open("info.json")); assert i["applied"] == i["total"] > 0, i'
    check $? "$name: all tensors are applied"
done

# alpha 8 with rank 4 is twice the product, which is what the same tensors do at strength 2 where nothing says alpha
cp "$cases/peft/adapter_model.safetensors" alone.safetensors
predict alone.safetensors:2 twice.safetensors && same peft.safetensors twice.safetensors
check $? "PEFT's alpha has the strength that it has there"
grep -q "^alone: .*adapter_config.json.*alpha is taken to be the rank" said && [ "$(wc -l <said)" = 1 ]
check $? "where the configuration is missing, how it was read is said in one line"

layer=lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn1_to_q
python3 files.py write part.safetensors $layer.lora_down.weight '[2, 160]' $layer.lora_up.weight '[160, 2]' \
    lora_unet_nowhere.lora_down.weight '[2, 8]' lora_unet_nowhere.lora_up.weight '[8, 2]' $layer.strange '[3]'
predict part.safetensors part-out.safetensors && grep -q "^part: 3 of 5 tensors are not applied: " said &&
    [ "$(wc -l <said)" = 1 ]
check $? "what is not applied is said in one line"
for command in "generate --steps 1 --out g.png" "text --out t.safetensors" "invert --image $TINCTURE_RESOURCES/samples/apple.png \
--set steps=1 --out i.safetensors"; do
    "$cli" $command --prompt banana --adapter part.safetensors 2>&1 >/dev/null | grep -q "^part: 3 of 5 tensors"
    check $? "${command%% *} says it too"
done
"$cli" adapter convert part.safetensors --out converted.safetensors 2>&1 | grep -q "^part: 3 of 5 tensors"
check $? "so does convert"
"$cli" adapter info part.safetensors | grep -q "not applied: $layer.strange"
check $? "and info lists it"

python3 files.py write xl.safetensors $layer.lora_down.weight '[2, 160]' $layer.lora_up.weight '[160, 2]' \
    lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_down.weight '[2, 1280]'
predict xl.safetensors none.safetensors
[ $? = 1 ] && grep -q "is an adapter for Stable Diffusion XL" said
check $? "an adapter for another family is refused by its name"
while read -r stem family; do
    python3 files.py write other.safetensors $stem.lora_down.weight '[2, 64]' $stem.lora_up.weight '[64, 2]'
    ! "$cli" adapter info other.safetensors 2>said && grep -q "is an adapter for $family, and" said
    check $? "$stem: $(cat said)"
done <<'END'
lora_unet_single_blocks_0_linear1 Flux
lora_unet_double_blocks_0_img_attn_proj Flux
lora_unet_joint_blocks_0_context_block_attn_qkv Stable Diffusion 3
lora_unet_blocks_0_self_attn_q a diffusion transformer, such as Wan
diffusion_model.blocks.0.cross_attn.k a diffusion transformer, such as Wan
lora_unet_layers_0_attention_qkv a diffusion transformer, such as Lumina
transformer_blocks.0.attn.to_q a diffusion transformer
END

# a word that was bundled with the layers, as A1111 and Forge read it: (n, width) of the text encoder
width=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["hidden_size"])' "$TINCTURE_RESOURCES/starter/text_encoder/config.json")
python3 files.py write bundle.safetensors $layer.lora_down.weight '[2, 160]' $layer.lora_up.weight '[160, 2]' \
    'bundle_emb.toy1.string_to_param.*' "[2, $width]" bundle_emb.toy2.clip_g '[2, 1280]'
"$cli" adapter info bundle.safetensors >said && grep -q "^applied *3 of 4 tensors" said &&
    grep -q "not applied: bundle_emb.toy2.clip_g" said && grep -q "tincture.token.toy1: " said
check $? "a bundled word is taken"
"$cli" text --prompt "a toy1" --adapter bundle.safetensors --out toy1.safetensors 2>said && ! grep -q toy1 said &&
    "$cli" text --prompt "a toy1" --out none1.safetensors 2>said && grep -q toy1 said && differs toy1.safetensors none1.safetensors
check $? "and means something in a sentence"
python3 files.py write wide.safetensors $layer.lora_down.weight '[2, 640]' $layer.lora_up.weight '[640, 2]'
predict wide.safetensors none.safetensors
[ $? = 1 ] && grep -q "none of the 2 tensors of .* fits this model" said
check $? "one that fits nowhere says so"

# written for other programs, and read again
for dialect in diffusers kohya lycoris dense; do
    [ "$("$cli" adapter convert "$cases/lora_locon.safetensors" --to $dialect --out $dialect.safetensors)" = exact ] &&
        predict $dialect.safetensors again.safetensors && same again.safetensors lora_locon.safetensors
    check $? "convolutions go out as $dialect exactly"
done
"$cli" adapter convert "$cases/lora_locon.safetensors" --to kohya --rank 2 --out low.safetensors >said &&
    grep -q "^approximated, relative error 0\.[0-9]* at strength 1" said &&
    "$cli" adapter info low.safetensors | grep -q "tincture.approximation: rank 2, relative error"
check $? "a rank below the adapter's own, and what that leaves out"
"$cli" adapter convert "$cases/peft" --to peft_oft --out no 2>said
[ $? = 1 ] && grep -q "cannot express" said && [ ! -e no ]
check $? "what a dialect cannot express is refused"
"$cli" adapter convert "$cases/peft" --to nothing --out no 2>said
[ $? = 2 ] && grep -q "there is no dialect named nothing" said
check $? "so is a dialect that nobody knows"
"$cli" adapter combine "$cases/peft:0.5" "$cases/lora_diffusers_metadata.safetensors:0.5" --out both.safetensors &&
    predict both.safetensors both-out.safetensors && same both-out.safetensors peft.safetensors
check $? "two halves combined are the whole"

# groups of layers: the case of PEFT changes one layer, which is in down1 and is self-attention
"$cli" adapter combine "$cases/peft:0,down=1" "$cases/lora_with_te.safetensors:down=0" --out mixed.safetensors &&
    "$cli" adapter inspect "$cases/peft" mixed.safetensors "$cases/lora_with_te.safetensors:down=0" --json >inspect.json &&
    python3 - <<'PY'
import json
i = json.load(open("inspect.json"))
layers = [{l["path"]: l["change"] for l in a["layers"]} for a in i["adapters"]]
both = layers[0] | layers[2]
assert len(layers[0]) == 1 and layers[2] and layers[1].keys() == both.keys(), layers
assert all(abs(layers[1][k] / both[k] - 1) < 1e-5 for k in both), layers
groups = {g["group"]: g for g in i["adapters"][0]["groups"]}
assert groups["down1"]["layers"] == groups["self"]["layers"] == groups["all"]["layers"] == 1, groups
assert groups["all"]["energy_before"] > 0 and groups["all"]["askew"] is None, groups
matrix = {c["group"]: c["matrix"] for c in i["correlation"]}
assert abs(matrix["down1"][0][1] - 1) < 1e-6 and matrix["down1"][0][2] is None, matrix
PY
check $? "one adapter below, another one elsewhere, and inspect says so"
predict "$cases/peft:0,down=1" down.safetensors && same down.safetensors peft.safetensors &&
    predict "$cases/peft:down=0,mid=1" up.safetensors && same up.safetensors base.safetensors
check $? "strengths of groups work without a file of their own"
predict "$cases/peft:1@500-600" then.safetensors && same then.safetensors peft.safetensors &&
    predict "$cases/peft:1@0-500" not.safetensors && same not.safetensors base.safetensors
check $? "an adapter acts in its time steps alone"
"$cli" adapter info mixed.safetensors | grep -q "tincture.made_of: peft:0,down=1; lora_with_te:down=0"
check $? "the file says what it was made of"
"$cli" adapter combine "$cases/peft" "$cases/lora_dora.safetensors" --out different.safetensors >said &&
    grep -q "^exact, as differences of whole weights" said &&
    predict different.safetensors different-out.safetensors &&
    "$cli" predict --latents z.safetensors --timestep 500 --prompt "a banana" --out side.safetensors --adapter "$cases/peft" \
        --adapter "$cases/lora_dora.safetensors" && same different-out.safetensors side.safetensors
check $? "two methods combined are what they are side by side"
"$cli" adapter combine "$cases/peft" "$cases/lora_dora.safetensors" --rank 2 --out small.safetensors |
    grep -q "^approximated, relative error" && "$cli" adapter info small.safetensors | grep -q "tincture.approximation.layers"
check $? "a rank alone makes a small file that is near"
no() { # no SENTENCE STRENGTHS [VERB]
    "$cli" adapter ${3:-combine --out no.safetensors} "$cases/peft:$2" 2>said
    [ $? = 2 ] && [ "$(wc -l <said)" = 1 ] && grep -q "$1" said && [ ! -e no.safetensors ]
    check $? "refused: $(cat said)"
}
"$cli" adapter combine "$cases/peft:nan" --out no.safetensors 2>said
[ $? = 2 ] && grep -q 'the strength of an adapter is a number' said && [ ! -e no.safetensors ]
check $? "a strength that is no number: $(cat said)"
no 'has no strength from -10 to 10' 1,up=nan
no 'has no strength from -10 to 10' down=1e30
no 'has no layers called "nowhere"' nowhere=1
no 'has no layers called "nowhere"' nowhere=1 inspect
no 'changes nothing' 1,down=0
no 'does not say in which time steps' 1@500
no 'from one time step up to a later one' 1@700-300
no 'only while a picture is drawn' 1@0-700
no 'only while a picture is drawn' 1@0-700 inspect
"$cli" adapter info "$cases/peft" >&- 2>said # the device's files are not in the place of standard output
[ $? = 1 ] && grep -q "Bad file descriptor" said
check $? "an answer that nobody can have is a failure"
"$cli" adapter combine missing.safetensors:0.5 --out no.safetensors 2>said
[ $? = 1 ] && grep -qi "missing.safetensors.*no such file" said
check $? "a missing file is named: $(cat said)"
"$cli" adapter dialects | grep -q "^kohya "
check $? "the dialects are listed"

echo "1..$n"
exit $bad
