"""Line-free little drawings of what a shop sells: shapes on a 200 by 200 sheet that stand on y = 168.

`$m` is the main colour, `$d` a darker and `$l` a lighter one of it, `$a` an accent, `$w` wood, `$k` ink, `$s` steel.
"""

DRAWINGS: dict[str, str] = {
    "coffee maker": """
<path d="M58 40h84v22H58z" fill="$k"/>
<path d="M58 60h26v100H58z" fill="$m"/>
<path d="M58 146h88v20H58z" fill="$d"/>
<path d="M98 62h34l-6 16h-22z" fill="$s"/>
<path d="M94 92h46l-5 48H99z" fill="$l"/>
<path d="M97 112h40l-3 28H100z" fill="#5b3a29"/>
<path d="M139 98c18 0 18 30-2 30" fill="none" stroke="$k" stroke-width="6"/>
<circle cx="71" cy="104" r="5" fill="$a"/>""",
    "pan": """
<path d="M120 106h66a7 7 0 0 1 0 14h-66z" fill="$w"/>
<path d="M28 98h112l-8 44a14 14 0 0 1-14 11H50a14 14 0 0 1-14-11z" fill="$m"/>
<path d="M22 92h124v12H22z" fill="$d"/>
<path d="M30 84a54 34 0 0 1 108 0v8H30z" fill="$l"/>
<circle cx="84" cy="46" r="8" fill="$k"/>""",
    "mug": """
<path d="M128 88c42-8 42 50-2 48" fill="none" stroke="$d" stroke-width="12"/>
<path d="M52 70h80v76a22 22 0 0 1-22 22H74a22 22 0 0 1-22-22z" fill="$m"/>
<ellipse cx="92" cy="70" rx="40" ry="10" fill="$d"/>
<ellipse cx="92" cy="71" rx="33" ry="7" fill="#5b3a29"/>
<path d="M52 108h80v14H52z" fill="$l"/>
<path d="M80 52c-8-10 8-14 0-26M102 52c-8-10 8-14 0-26" fill="none" stroke="$l" stroke-width="5"
stroke-linecap="round"/>""",
    "chair": """
<path d="M62 126l-10 42h9l12-42zM138 126l10 42h-9l-12-42z" fill="$w"/>
<path d="M62 34h76a12 12 0 0 1 12 12l-8 66H58l-8-66a12 12 0 0 1 12-12z" fill="$m"/>
<path d="M64 46h72l-6 56H70z" fill="$l" opacity=".5"/>
<rect x="48" y="106" width="104" height="24" rx="12" fill="$d"/>""",
    "floor lamp": """
<path d="M97 76h6v86h-6z" fill="$k"/>
<ellipse cx="100" cy="163" rx="32" ry="6" fill="$k"/>
<path d="M76 28h48l22 54H54z" fill="$m"/>
<path d="M54 82h92l8 40H46z" fill="#ffe9a8" opacity=".55"/>
<path d="M76 28h12l-14 54H54z" fill="$l" opacity=".5"/>""",
    "cushion": """
<path d="M36 60c40 12 88 12 128 0-12 36-12 64 0 100-40-12-88-12-128 0 12-36 12-64 0-100z" fill="$m"/>
<path d="M58 76c28 7 56 7 84 0-7 24-7 44 0 68-28-7-56-7-84 0 7-24 7-44 0-68z" fill="none" stroke="$l"
stroke-width="5"/>
<circle cx="100" cy="110" r="7" fill="$a"/>""",
    "bed": """
<path d="M24 62h12v106H24zM164 92h12v76h-12z" fill="$w"/>
<rect x="30" y="112" width="140" height="36" rx="6" fill="$l"/>
<rect x="40" y="92" width="48" height="26" rx="11" fill="#fff"/>
<path d="M84 104h86v44H84z" fill="$m"/>
<path d="M84 104h86v12H84z" fill="$d"/>""",
    "blanket": """
<rect x="38" y="130" width="124" height="34" rx="17" fill="$d"/>
<rect x="38" y="98" width="124" height="34" rx="17" fill="$m"/>
<rect x="38" y="66" width="124" height="34" rx="17" fill="$l"/>
<path d="M38 83h124M38 115h124M38 147h124" stroke="$a" stroke-width="4" stroke-dasharray="3 9"/>""",
    "alarm clock": """
<path d="M66 150l-12 18M134 150l12 18" stroke="$k" stroke-width="9" stroke-linecap="round"/>
<circle cx="62" cy="54" r="18" fill="$d"/>
<circle cx="138" cy="54" r="18" fill="$d"/>
<circle cx="100" cy="106" r="56" fill="$m"/>
<circle cx="100" cy="106" r="43" fill="#fff"/>
<path d="M100 106V76M100 106l22 14" stroke="$k" stroke-width="6" stroke-linecap="round"/>
<circle cx="100" cy="106" r="5" fill="$a"/>""",
    "planter": """
<path d="M100 102C96 62 70 52 46 50c0 30 24 48 54 52zM100 102c4-52 30-66 58-70 0 36-24 62-58 70z" fill="#6f9a6b"/>
<path d="M100 104C94 60 98 40 104 22c14 24 10 56-4 82z" fill="#517c50"/>
<path d="M56 98h88v18H56z" fill="$d"/>
<path d="M62 116h76l-9 52H71z" fill="$m"/>
<path d="M68 134h64l-1.500 8h-61z" fill="$l"/>""",
    "watering can": """
<path d="M84 74c0-40 66-40 70 6" fill="none" stroke="$d" stroke-width="9"/>
<path d="M74 84h84l8 84H66z" fill="$m"/>
<path d="M72 148L30 84l10-6 36 40z" fill="$d"/>
<path d="M20 82l26-18 6 9-26 18z" fill="$k"/>
<path d="M73 100h87l1 10H72z" fill="$l"/>""",
    "garden tools": """
<path d="M62 30h18v62H62z" fill="$w"/>
<path d="M67 92h8v22h-8z" fill="$s"/>
<path d="M48 110h46c0 30-9 48-23 58-14-10-23-28-23-58z" fill="$m"/>
<path d="M126 30h18v66h-18z" fill="$w"/>
<path d="M131 96h8v14h-8z" fill="$s"/>
<path d="M112 110h46v56h-8v-44h-11v46h-8v-46h-11v44h-8z" fill="$d"/>""",
    "tent": """
<path d="M100 42l76 122H24z" fill="$m"/>
<path d="M100 42l76 122h-40z" fill="$d"/>
<path d="M100 78l26 86H74z" fill="$k"/>
<path d="M100 78l-6 86H74z" fill="$l"/>
<path d="M100 42V24l22 8-22 8" fill="$a"/>""",
    "sleeping bag": """
<path d="M60 168V74a40 40 0 0 1 80 0v94z" fill="$m"/>
<ellipse cx="100" cy="72" rx="26" ry="30" fill="$l"/>
<ellipse cx="100" cy="76" rx="18" ry="20" fill="#fff"/>
<path d="M60 112h80M60 132h80M60 152h80" stroke="$d" stroke-width="5"/>
<path d="M126 104v60" stroke="$a" stroke-width="4" stroke-dasharray="4 4"/>""",
    "lantern": """
<path d="M72 62c0-44 56-44 56 0" fill="none" stroke="$k" stroke-width="6"/>
<path d="M66 60h68l8 16H58z" fill="$d"/>
<rect x="66" y="76" width="68" height="64" fill="#ffe9a8"/>
<path d="M100 84c18 22 12 46 0 46s-18-24 0-46z" fill="#f6a94c"/>
<path d="M66 76h7v64h-7zM127 76h7v64h-7z" fill="$m"/>
<path d="M54 140h92v27H54z" fill="$m"/>""",
    "backpack": """
<path d="M78 46c0-28 44-28 44 0" fill="none" stroke="$k" stroke-width="8"/>
<rect x="44" y="96" width="20" height="56" rx="10" fill="$d"/>
<rect x="136" y="96" width="20" height="56" rx="10" fill="$d"/>
<path d="M58 78a42 38 0 0 1 84 0v76a14 14 0 0 1-14 14H72a14 14 0 0 1-14-14z" fill="$m"/>
<rect x="70" y="106" width="60" height="46" rx="9" fill="$l"/>
<path d="M58 88h84v9H58z" fill="$d"/>
<rect x="93" y="82" width="14" height="24" rx="4" fill="$a"/>""",
    "boot": """
<path d="M64 40h50l4 56c22 10 50 14 52 44v12H56z" fill="$m"/>
<path d="M50 150h122v12a6 6 0 0 1-6 6H56a6 6 0 0 1-6-6z" fill="$k"/>
<path d="M62 40h54v14H62z" fill="$d"/>
<path d="M92 70h22M94 84h24M100 98h26" stroke="$l" stroke-width="6" stroke-linecap="round"/>
<path d="M60 112h26v38H57z" fill="$d"/>""",
    "flask": """
<rect x="84" y="26" width="32" height="24" rx="6" fill="$k"/>
<path d="M80 48h40l10 24v86a10 10 0 0 1-10 10H80a10 10 0 0 1-10-10V72z" fill="$m"/>
<path d="M70 96h60v34H70z" fill="$l"/>
<path d="M80 60v98" stroke="#fff" stroke-width="5" opacity=".35" stroke-linecap="round"/>
<circle cx="100" cy="113" r="9" fill="$a"/>""",
    "bike": """
<g fill="none" stroke="$k" stroke-width="6">
<circle cx="52" cy="130" r="35"/>
<circle cx="148" cy="130" r="35"/>
</g>
<path d="M52 130l30-56h52l14 56M82 74l16 56 36-56M52 130h46" fill="none" stroke="$m" stroke-width="8"
stroke-linejoin="round"/>
<path d="M82 74l-6-18M134 74l-6-26h20" fill="none" stroke="$d" stroke-width="7" stroke-linecap="round"/>
<path d="M60 52h34l-6 9H66z" fill="$w"/>
<circle cx="98" cy="130" r="10" fill="$a"/>""",
    "helmet": """
<path d="M26 128c-2-96 148-104 150-6l-4 12H32z" fill="$m"/>
<path d="M58 66c20-10 34-12 50-10-12 22-18 46-18 78H70c0-28-4-50-12-68z" fill="$d"/>
<path d="M126 60c18 8 28 24 34 44l-4 30h-24c2-30 0-54-6-74z" fill="$l"/>
<path d="M50 134l46 34 40-34" fill="none" stroke="$k" stroke-width="6"/>
<path d="M26 126h150v12H32z" fill="$k"/>""",
    "bike bag": """
<path d="M56 54h20v-14h48v14h20v12H56z" fill="$k"/>
<path d="M46 62h108l-8 98a8 8 0 0 1-8 8H62a8 8 0 0 1-8-8z" fill="$m"/>
<path d="M44 60h112v34c-36 16-76 16-112 0z" fill="$d"/>
<path d="M72 60v58M128 60v58" stroke="$k" stroke-width="7"/>
<circle cx="100" cy="136" r="9" fill="$a"/>""",
    "sneaker": """
<path d="M24 96c10 4 30 6 40-14l14-14c22 34 60 38 88 48 12 4 14 14 12 28H24z" fill="$m"/>
<path d="M20 142h160v12a14 14 0 0 1-14 14H34a14 14 0 0 1-14-14z" fill="#fff"/>
<path d="M20 156h160a14 14 0 0 1-14 12H34a14 14 0 0 1-14-12z" fill="$d"/>
<path d="M84 90l-14 12M98 100l-14 13M113 107l-13 14" stroke="#fff" stroke-width="6" stroke-linecap="round"/>
<path d="M24 96c8 4 14 4 22 2l-2 44H24z" fill="$d"/>
<path d="M60 136c30 4 60-2 84-16" stroke="$a" stroke-width="7" fill="none"/>""",
    "sandal": """
<path d="M22 142c40-6 116-6 158 0v12c0 8-4 14-12 14H36c-10 0-14-6-14-14z" fill="$w"/>
<path d="M96 142c8-48 52-56 66-2z" fill="$m"/>
<path d="M34 142c0-36 22-52 36-52l8 14c-14 2-26 14-26 38z" fill="$d"/>
<circle cx="126" cy="118" r="7" fill="$a"/>""",
    "jumper": """
<path d="M72 42c16 16 40 16 56 0l34 20 14 84-22 6-14-46v62H60v-62l-14 46-22-6 14-84z" fill="$m"/>
<path d="M72 42c16 16 40 16 56 0l6 6c-20 20-48 20-68 0z" fill="$d"/>
<path d="M60 156h80v12H60z" fill="$d"/>
<path d="M60 92l10 12 10-12 10 12 10-12 10 12 10-12 10 12 10-12" fill="none" stroke="$l" stroke-width="6"/>""",
    "scarf": """
<path d="M56 66c30 30 62 30 88 0 12 14 6 34-8 44-26 18-50 16-76-2-14-10-16-30-4-42z" fill="$m"/>
<path d="M70 104l30 8-10 52H52z" fill="$d"/>
<path d="M108 112l28-8 14 54h-34z" fill="$m"/>
<path d="M54 152l38 1M56 140l37 1M114 150l34-3M112 138l34-4" stroke="$l" stroke-width="5"/>
<path d="M54 164v8M66 164v8M78 164v8M120 158v8M132 158v8M144 158v8" stroke="$a" stroke-width="4"/>""",
    "beanie": """
<circle cx="100" cy="44" r="18" fill="$a"/>
<path d="M44 136c-4-104 116-104 112 0z" fill="$m"/>
<path d="M74 132c-2-40 4-62 16-76M126 132c2-40-4-62-16-76M100 132V56" stroke="$d" stroke-width="5" fill="none"/>
<rect x="36" y="128" width="128" height="36" rx="14" fill="$l"/>
<path d="M56 134v24M78 134v24M100 134v24M122 134v24M144 134v24" stroke="$m" stroke-width="5"/>""",
    "tote": """
<path d="M70 84c0-66 60-66 60 0" fill="none" stroke="$d" stroke-width="9"/>
<path d="M42 78h116l8 90H34z" fill="$m"/>
<path d="M42 78h116l1 14H41z" fill="$d"/>
<circle cx="100" cy="128" r="20" fill="$l"/>
<path d="M86 132c10-22 18-22 28 0z" fill="$a"/>""",
    "wallet": """
<path d="M44 60h100v30H44z" fill="$l"/>
<rect x="28" y="76" width="144" height="90" rx="12" fill="$m"/>
<path d="M28 96h144v9H28z" fill="$d"/>
<path d="M126 112h46v34h-46a17 17 0 0 1 0-34z" fill="$d"/>
<circle cx="130" cy="129" r="7" fill="$a"/>""",
    "suitcase": """
<path d="M82 54V24h36v30" fill="none" stroke="$k" stroke-width="7"/>
<rect x="50" y="50" width="100" height="108" rx="14" fill="$m"/>
<path d="M72 56v96M100 56v96M128 56v96" stroke="$d" stroke-width="6"/>
<circle cx="70" cy="162" r="8" fill="$k"/>
<circle cx="130" cy="162" r="8" fill="$k"/>
<rect x="86" y="84" width="28" height="18" rx="4" fill="$a"/>""",
    "headphones": """
<path d="M44 118c-6-110 118-110 112 0" fill="none" stroke="$d" stroke-width="13"/>
<rect x="28" y="100" width="34" height="62" rx="16" fill="$m"/>
<rect x="138" y="100" width="34" height="62" rx="16" fill="$m"/>
<rect x="54" y="106" width="15" height="50" rx="7" fill="$k"/>
<rect x="131" y="106" width="15" height="50" rx="7" fill="$k"/>
<path d="M62 60c18-26 58-26 76 0" fill="none" stroke="$l" stroke-width="5"/>""",
    "speaker": """
<rect x="54" y="28" width="92" height="138" rx="12" fill="$m"/>
<rect x="62" y="36" width="76" height="122" rx="8" fill="$d"/>
<circle cx="100" cy="66" r="17" fill="$k"/>
<circle cx="100" cy="66" r="7" fill="$s"/>
<circle cx="100" cy="120" r="31" fill="$k"/>
<circle cx="100" cy="120" r="22" fill="$l"/>
<circle cx="100" cy="120" r="9" fill="$a"/>""",
    "turntable": """
<rect x="22" y="70" width="156" height="88" rx="10" fill="$w"/>
<path d="M34 158h22v10H34zM144 158h22v10h-22z" fill="$k"/>
<ellipse cx="88" cy="112" rx="56" ry="37" fill="$k"/>
<ellipse cx="88" cy="112" rx="40" ry="26" fill="none" stroke="#555d6b" stroke-width="2"/>
<ellipse cx="88" cy="112" rx="18" ry="12" fill="$m"/>
<path d="M160 82v36l-38 12" fill="none" stroke="$s" stroke-width="6"/>
<circle cx="160" cy="84" r="9" fill="$a"/>""",
    "camera": """
<path d="M74 60l10-20h34l10 20z" fill="$k"/>
<rect x="26" y="58" width="148" height="104" rx="14" fill="$m"/>
<path d="M26 84h148v52H26z" fill="$d"/>
<circle cx="100" cy="110" r="40" fill="$k"/>
<circle cx="100" cy="110" r="28" fill="$s"/>
<circle cx="100" cy="110" r="19" fill="#34495e"/>
<circle cx="92" cy="102" r="6" fill="#fff" opacity=".7"/>
<rect x="140" y="66" width="22" height="11" rx="4" fill="$a"/>""",
    "tripod": """
<path d="M98 88L58 166M102 88l40 78M100 88v80" stroke="$k" stroke-width="8" stroke-linecap="round"/>
<rect x="72" y="40" width="56" height="36" rx="6" fill="$m"/>
<circle cx="100" cy="58" r="12" fill="$l"/>
<rect x="86" y="76" width="28" height="16" rx="4" fill="$d"/>
<path d="M114 84l34 12" stroke="$a" stroke-width="7" stroke-linecap="round"/>""",
    "photo frame": """
<rect x="36" y="32" width="128" height="134" rx="5" fill="$m"/>
<rect x="48" y="44" width="104" height="110" fill="#fff"/>
<rect x="60" y="56" width="80" height="86" fill="$l"/>
<path d="M60 142l30-46 20 26 12-14 18 34z" fill="$d"/>
<circle cx="118" cy="80" r="11" fill="$a"/>""",
    "keyboard": """
<path d="M24 88h152l10 70H14z" fill="$d"/>
<path d="M28 84h144l9 62H19z" fill="$m"/>
<path d="M38 97h124M35 114h130M32 131h24M146 131h22" stroke="#fff" stroke-width="11" stroke-dasharray="13 4.500"/>
<path d="M62 131h76" stroke="$a" stroke-width="11"/>""",
    "monitor": """
<path d="M88 132h24l5 28H83z" fill="$s"/>
<rect x="58" y="158" width="84" height="9" rx="4" fill="$k"/>
<rect x="20" y="36" width="160" height="102" rx="9" fill="$k"/>
<rect x="28" y="44" width="144" height="86" fill="$l"/>
<path d="M28 130l50-52 36 34 22-20 36 38z" fill="$m"/>
<circle cx="140" cy="66" r="12" fill="$a"/>""",
    "desk lamp": """
<rect x="42" y="156" width="74" height="12" rx="6" fill="$k"/>
<path d="M78 156L58 98l54-46" fill="none" stroke="$s" stroke-width="8" stroke-linejoin="round"/>
<circle cx="58" cy="98" r="8" fill="$k"/>
<path d="M98 46l32-22 36 54-66 6z" fill="$m"/>
<path d="M100 84l66-6 8 62H92z" fill="#ffe9a8" opacity=".5"/>
<circle cx="113" cy="50" r="7" fill="$a"/>""",
    "yoga mat": """
<path d="M22 152h118v16H22a8 8 0 0 1 0-16z" fill="$l"/>
<path d="M30 160h84" stroke="$m" stroke-width="4" stroke-dasharray="2 10"/>
<circle cx="134" cy="122" r="46" fill="$m"/>
<circle cx="134" cy="122" r="34" fill="none" stroke="$l" stroke-width="6"/>
<circle cx="134" cy="122" r="20" fill="none" stroke="$d" stroke-width="6"/>
<circle cx="134" cy="122" r="7" fill="$l"/>
<path d="M62 152v-34h28v34z" fill="$a"/>
<path d="M62 128h28v8H62z" fill="#fff" opacity=".6"/>""",
    "yoga block": """
<rect x="34" y="112" width="132" height="54" rx="8" fill="$m"/>
<rect x="52" y="60" width="96" height="52" rx="8" fill="$d"/>
<path d="M46 128h108M46 148h108" stroke="$l" stroke-width="4" stroke-dasharray="2 9"/>
<circle cx="100" cy="86" r="13" fill="$a"/>""",
    "dumbbell": """
<path d="M66 104h68v16H66z" fill="$s"/>
<rect x="44" y="70" width="24" height="84" rx="9" fill="$m"/>
<rect x="132" y="70" width="24" height="84" rx="9" fill="$m"/>
<rect x="26" y="84" width="20" height="56" rx="8" fill="$d"/>
<rect x="154" y="84" width="20" height="56" rx="8" fill="$d"/>
<path d="M50 82v60M150 82v60" stroke="$l" stroke-width="5"/>""",
    "watch": """
<path d="M76 24h48l6 42H70zM70 134h60l-6 36H76z" fill="$d"/>
<rect x="54" y="54" width="92" height="92" rx="26" fill="$m"/>
<rect x="64" y="64" width="72" height="72" rx="18" fill="$k"/>
<path d="M72 104h14l8-18 12 32 8-14h14" fill="none" stroke="$a" stroke-width="5" stroke-linejoin="round"/>
<rect x="146" y="90" width="9" height="20" rx="4" fill="$k"/>""",
    "shirt": """
<path d="M70 38c10 18 50 18 60 0l40 26-18 38-16-8v74H64V94l-16 8-18-38z" fill="$m"/>
<path d="M70 38c10 18 50 18 60 0l6 4c-12 24-60 24-72 0z" fill="$d"/>
<path d="M64 112l72-22v24l-72 22z" fill="$l"/>
<circle cx="120" cy="82" r="5" fill="$a"/>""",
    "football": """
<circle cx="100" cy="104" r="63" fill="#fff"/>
<path d="M100 78l25 18-10 29H85L75 96z" fill="$m"/>
<path d="M100 41l17 12-17 12-17-12zM40 90l16 14-8 20-11-8zM160 90l-16 14 8 20 11-8zM66 146l20 6 2 13-20-8zM134
146l-20 6-2 13 20-8z" fill="$m"/>
<path d="M100 78V64M125 96l19 8M115 125l8 24M85 125l-8 24M75 96l-19 8" stroke="$d" stroke-width="4"/>
<circle cx="100" cy="104" r="63" fill="none" stroke="$d" stroke-width="4"/>""",
    "racket": """
<g transform="rotate(32 100 100)">
<ellipse cx="100" cy="70" rx="40" ry="50" fill="$l" opacity=".6"/>
<path d="M76 34v72M92 22v96M108 22v96M124 34v72M62 54h76M60 72h80M64 90h72" stroke="#fff" stroke-width="3"/>
<ellipse cx="100" cy="70" rx="40" ry="50" fill="none" stroke="$m" stroke-width="9"/>
<path d="M86 114l14 18 14-18" fill="none" stroke="$d" stroke-width="7"/>
<rect x="93" y="128" width="14" height="54" rx="6" fill="$k"/>
</g>
<circle cx="154" cy="148" r="17" fill="$a"/>""",
    "skateboard": """
<path d="M18 96c12 14 18 18 34 18h96c16 0 22-4 34-18l8 8c-14 18-24 24-42 24H52c-18 0-28-6-42-24z" fill="$m"/>
<path d="M52 128h24v14H52zM124 128h24v14h-24z" fill="$s"/>
<circle cx="64" cy="150" r="17" fill="$d"/>
<circle cx="136" cy="150" r="17" fill="$d"/>
<circle cx="64" cy="150" r="6" fill="$a"/>
<circle cx="136" cy="150" r="6" fill="$a"/>""",
    "goggles": """
<path d="M8 92c20-10 30-8 40 0M192 92c-20-10-30-8-40 0" stroke="$d" stroke-width="10" fill="none"/>
<rect x="32" y="76" width="62" height="56" rx="26" fill="$m"/>
<rect x="106" y="76" width="62" height="56" rx="26" fill="$m"/>
<rect x="42" y="86" width="42" height="36" rx="17" fill="$l"/>
<rect x="116" y="86" width="42" height="36" rx="17" fill="$l"/>
<path d="M92 100h16" stroke="$k" stroke-width="8"/>
<path d="M52 96l14-4M126 96l14-4" stroke="#fff" stroke-width="5" stroke-linecap="round"/>""",
    "towel": """
<path d="M30 44h140" stroke="$w" stroke-width="9" stroke-linecap="round"/>
<path d="M52 44h96v120H52z" fill="$m"/>
<path d="M52 72h96v12H52zM52 124h96v12H52z" fill="$l"/>
<path d="M52 94h96v20H52z" fill="$d"/>
<path d="M58 164v8M72 164v8M86 164v8M100 164v8M114 164v8M128 164v8M142 164v8" stroke="$a" stroke-width="4"/>""",
    "swim float": """
<circle cx="100" cy="104" r="60" fill="$m"/>
<circle cx="100" cy="104" r="26" fill="#fff"/>
<path d="M80 48l10 30M120 48l-10 30M80 160l10-30M120 160l-10-30M44 84l30 10M44 124l30-10M156 84l-30 10M156
124l-30-10" stroke="#fff" stroke-width="13"/>
<circle cx="100" cy="104" r="60" fill="none" stroke="$d" stroke-width="4"/>""",
    "book": """
<path d="M52 32h92a8 8 0 0 1 8 8v124H60a12 12 0 0 1-12-12V36z" fill="$d"/>
<path d="M60 150h92v12H60a6 6 0 0 1 0-12z" fill="#fff"/>
<path d="M48 38a10 10 0 0 1 10-10h84v118H60a12 12 0 0 0-12 10z" fill="$m"/>
<path d="M74 52h50v9H74zM74 68h34v7H74z" fill="$l"/>
<circle cx="102" cy="112" r="19" fill="$a"/>
<path d="M48 38a10 10 0 0 1 10-10h4v118h-2a12 12 0 0 0-12 10z" fill="$d"/>""",
    "books": """
<rect x="36" y="136" width="122" height="30" rx="5" fill="$m"/>
<rect x="44" y="142" width="106" height="18" fill="#fff" opacity=".85"/>
<rect x="46" y="106" width="116" height="30" rx="5" fill="$d"/>
<rect x="38" y="78" width="108" height="28" rx="5" fill="$a"/>
<path d="M46 92h92" stroke="#fff" stroke-width="4"/>
<path d="M60 121h50" stroke="$l" stroke-width="6"/>
<path d="M66 78l8-44 60 10-8 34z" fill="$l"/>
<path d="M82 50l38 6" stroke="$d" stroke-width="5"/>""",
    "map": """
<path d="M28 54l48-16 48 16 48-16v112l-48 16-48-16-48 16z" fill="$l"/>
<path d="M76 38l48 16v112l-48-16z" fill="$m"/>
<path d="M44 132c24-34 40 4 62-28s34-16 44-32" fill="none" stroke="#fff" stroke-width="5" stroke-dasharray="8 7"/>
<path d="M146 84c-26-34 26-46 20-14-2 10-14 20-16 26z" fill="$a"/>""",
    "board game": """
<path d="M26 92l74-38 74 38-74 38z" fill="$l"/>
<path d="M26 92v26l74 40v-28zM174 92v26l-74 40v-28z" fill="$d"/>
<path d="M50 92l50-26 50 26-50 26z" fill="none" stroke="#fff" stroke-width="5"/>
<path d="M92 96a12 12 0 1 1 16 0l8 18H84z" fill="$m"/>
<circle cx="100" cy="82" r="12" fill="$m"/>
<rect x="128" y="66" width="22" height="22" rx="5" fill="#fff" transform="rotate(18 139 77)"/>
<circle cx="139" cy="77" r="4" fill="$a"/>""",
    "puzzle": """
<path d="M36 60h50c-10-28 38-28 28 0h50v44c-26-10-26 36 0 26v36H36v-40c-24 8-24-34 0-26z" fill="$m"/>
<path d="M100 60v34c-18-6-18 26 0 20v52h64v-36c-26 10-26-36 0-26V60h-50z" fill="$d"/>
<circle cx="66" cy="128" r="12" fill="$a"/>""",
    "wooden toy": """
<rect x="30" y="96" width="66" height="46" rx="6" fill="$m"/>
<path d="M96 66h52v76H96z" fill="$d"/>
<path d="M90 56h64v12H90z" fill="$w"/>
<rect x="106" y="80" width="32" height="26" rx="4" fill="#fff"/>
<rect x="42" y="64" width="18" height="32" fill="$w"/>
<circle cx="52" cy="150" r="18" fill="$k"/>
<circle cx="124" cy="150" r="18" fill="$k"/>
<circle cx="52" cy="150" r="7" fill="$a"/>
<circle cx="124" cy="150" r="7" fill="$a"/>""",
    "notebook": """
<rect x="50" y="30" width="106" height="136" rx="7" fill="$m"/>
<path d="M134 30h9v136h-9z" fill="$d"/>
<rect x="72" y="54" width="48" height="30" rx="4" fill="#fff"/>
<path d="M80 64h32M80 74h22" stroke="$d" stroke-width="4"/>
<path d="M42 46h18M42 66h18M42 86h18M42 106h18M42 126h18M42 146h18" stroke="$s" stroke-width="6"
stroke-linecap="round"/>""",
    "pens": """
<path d="M60 104h80l-8 64H68z" fill="$m"/>
<path d="M62 118h76l-1 10H63z" fill="$l"/>
<path d="M74 104V44l7-16 7 16v60z" fill="$a"/>
<path d="M94 104V54h14v50z" fill="$k"/>
<path d="M94 54l7-22 7 22z" fill="$s"/>
<path d="M116 104l8-64 13 3-7 61z" fill="$w"/>
<path d="M124 40l10-14 3 17z" fill="$d"/>""",
    "paints": """
<path d="M100 40c46 0 76 26 76 62 0 26-22 24-38 24-20 0-10 34-38 34-42 0-76-26-76-60s30-60 76-60z" fill="$w"/>
<circle cx="64" cy="92" r="14" fill="$m"/>
<circle cx="96" cy="68" r="13" fill="$a"/>
<circle cx="134" cy="78" r="13" fill="$d"/>
<circle cx="70" cy="128" r="12" fill="$l"/>
<circle cx="108" cy="112" r="9" fill="#fff"/>
<path d="M186 30l-62 90-10 4 2-11z" fill="$k"/>""",
    "parcel": """
<path d="M34 78l66-34 66 34v66l-66 30-66-30z" fill="$m"/>
<path d="M100 110l66-32v66l-66 30z" fill="$d"/>
<path d="M34 78l66-34 66 34-66 32z" fill="$l"/>
<path d="M60 65l66 33v26l12-6V92L72 58z" fill="$a"/>""",
}

# Category names, lower case, to drawings. The innermost level that is named here decides.
DRAWING_OF: dict[str, str] = {
    "home": "chair", "kitchen": "mug", "coffee makers": "coffee maker", "cookware": "pan", "mugs": "mug",
    "living room": "chair", "chairs": "chair", "floor lamps": "floor lamp", "cushions": "cushion",
    "bedroom": "bed", "bed linen": "bed", "blankets": "blanket", "alarm clocks": "alarm clock",
    "garden": "planter", "planters": "planter", "watering cans": "watering can", "garden tools": "garden tools",
    "outdoor": "tent", "camping": "tent", "tents": "tent", "sleeping bags": "sleeping bag", "lanterns": "lantern",
    "hiking": "backpack", "backpacks": "backpack", "hiking boots": "boot", "flasks": "flask",
    "cycling": "bike", "bikes": "bike", "bike helmets": "helmet", "bike bags": "bike bag",
    "fashion": "jumper", "shoes": "sneaker", "sneakers": "sneaker", "ankle boots": "boot", "sandals": "sandal",
    "knitwear": "jumper", "jumpers": "jumper", "scarves": "scarf", "beanies": "beanie",
    "bags": "tote", "totes": "tote", "wallets": "wallet", "suitcases": "suitcase",
    "electronics": "headphones", "audio": "headphones", "headphones": "headphones", "speakers": "speaker",
    "turntables": "turntable", "photo": "camera", "cameras": "camera", "tripods": "tripod",
    "photo frames": "photo frame", "desk": "keyboard", "keyboards": "keyboard", "monitors": "monitor",
    "desk lamps": "desk lamp", "sport": "football", "yoga": "yoga mat", "yoga mats": "yoga mat",
    "yoga blocks": "yoga block", "dumbbells": "dumbbell", "running": "sneaker", "running shoes": "sneaker",
    "sport watches": "watch", "running shirts": "shirt", "ball games": "racket", "footballs": "football",
    "rackets": "racket", "skateboards": "skateboard", "swimming": "swim float", "goggles": "goggles",
    "towels": "towel", "swim floats": "swim float", "books and play": "books", "books": "books",
    "crime novels": "book", "cookbooks": "book", "travel guides": "map", "games": "board game",
    "board games": "board game", "puzzles": "puzzle", "wooden toys": "wooden toy", "stationery": "notebook",
    "notebooks": "notebook", "pens": "pens", "paints": "paints",
}  # fmt: skip

# What a creative about a branch shows side by side.
SCENES: dict[str, tuple[str, str, str]] = {
    "kitchen": ("coffee maker", "mug", "pan"), "living room": ("floor lamp", "chair", "cushion"),
    "bedroom": ("blanket", "bed", "alarm clock"), "garden": ("watering can", "planter", "garden tools"),
    "camping": ("sleeping bag", "tent", "lantern"), "hiking": ("boot", "backpack", "flask"),
    "cycling": ("helmet", "bike", "bike bag"), "shoes": ("boot", "sneaker", "sandal"),
    "knitwear": ("scarf", "jumper", "beanie"), "bags": ("wallet", "tote", "suitcase"),
    "audio": ("speaker", "headphones", "turntable"), "photo": ("tripod", "camera", "photo frame"),
    "desk": ("desk lamp", "monitor", "keyboard"), "yoga": ("yoga block", "yoga mat", "dumbbell"),
    "running": ("watch", "sneaker", "shirt"), "ball games": ("football", "racket", "skateboard"),
    "swimming": ("goggles", "swim float", "towel"), "books": ("map", "books", "book"),
    "games": ("puzzle", "board game", "wooden toy"), "stationery": ("pens", "notebook", "paints"),
}  # fmt: skip
