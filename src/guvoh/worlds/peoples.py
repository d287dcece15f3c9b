"""Five peoples as tables: the names they give, the endings of their surnames, the places they come from.

Every name is an ordinary given name; a person is three of them drawn at random. Surnames are made from given
names, as they were when surnames were introduced. Commoner names stand earlier, as far as an ear can tell.
Letters are those of the people's own orthography: Uzbek ʻ (U+02BB) and ʼ (U+02BC), Turkmen and Uzbek in Latin,
Tajik, Kyrgyz and Kazakh in Cyrillic.
"""

from dataclasses import dataclass
from enum import StrEnum


class People(StrEnum):
    UZBEK = "uzbek"
    TAJIK = "tajik"
    KYRGYZ = "kyrgyz"
    KAZAKH = "kazakh"
    TURKMEN = "turkmen"


class Ending(StrEnum):
    """How a surname is made from a name."""

    OV = "ov"  # -ov, -yev, -ow, -ýew, and -a for women
    ZODA = "zoda"  # Tajik: born of
    I = "i"  # noqa: E741  Tajik -ӣ: of
    BARE = "bare"  # the name itself
    SON = "son"  # Kyrgyz уулу and кызы, Kazakh -ұлы and -қызы; Kyrgyz takes the father's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A province: the country it lies in, and its name in the people's own letters, in Russian and in English."""

    country: str
    native: str
    ru: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What is needed to invent a person of one people."""

    share: float  # of all people of a world
    letters: str  # the alphabet of the names below, in lower case
    men: tuple[str, ...]
    women: tuple[str, ...]
    endings: dict[Ending, float]  # shares
    regions: tuple[Region, ...]


# Country names as sources in each language write them. RU is there for those who took that citizenship.
COUNTRIES: dict[str, dict[str, str]] = {
    "UZ": {"uz": "Oʻzbekiston", "ru": "Узбекистан", "en": "Uzbekistan", "ky": "Өзбекстан", "tg": "Ӯзбекистон"},
    "TJ": {"uz": "Tojikiston", "ru": "Таджикистан", "en": "Tajikistan", "ky": "Тажикстан", "tg": "Тоҷикистон"},
    "KG": {"uz": "Qirgʻiziston", "ru": "Киргизия", "en": "Kyrgyzstan", "ky": "Кыргызстан", "tg": "Қирғизистон"},
    "KZ": {"uz": "Qozogʻiston", "ru": "Казахстан", "en": "Kazakhstan", "ky": "Казакстан", "tg": "Қазоқистон"},
    "TM": {"uz": "Turkmaniston", "ru": "Туркмения", "en": "Turkmenistan", "ky": "Түркмөнстан", "tg": "Туркманистон"},
    "RU": {"uz": "Rossiya", "ru": "Россия", "en": "Russia", "ky": "Россия", "tg": "Русия"},
}


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _regions(country: str, *rows: tuple[str, str, str]) -> tuple[Region, ...]:
    return tuple(Region(country=country, native=native, ru=ru, en=en) for native, ru, en in rows)


PEOPLES: dict[People, Table] = {
    People.UZBEK: Table(
        share=0.5,
        letters="abdefghijklmnopqrstuvxyzʻʼc",
        men=_words("""
            Sardor Jasur Sherzod Dilshod Otabek Jamshid Aziz Ulugʻbek Bobur Farrux Sanjar Rustam Anvar Akmal Shuhrat
            Baxtiyor Doniyor Elyor Javohir Nodir Bekzod Zafar Oybek Ravshan Xurshid Murod Umid Jahongir Behruz Azamat
            Alijon Farhod Eldor Ilhom Olim Odil Qobil Qodir Rahim Hamid Hasan Husan Ibrohim Ikrom Ismoil Komil Laziz
            Mansur Maʼruf Mirzo Nabi Nuriddin Oʻktam Oʻrol Poʻlat Gʻayrat Gʻofur Gʻulom Qahramon Sobir Sodiq Sulton
            Tohir Toʻlqin Toʻxta Joʻrabek Jumaboy Boymurod Eshmurod Toshmurod Xolmurod Norqul Tursunboy Mamadali
            Ergash Qoʻchqor Yoʻldosh Yoqub Yusuf Vohid Zokir Zohid Abdulla Abduvali Abdurashid Abdugʻani Saidakbar
            Hayit Rajab Safar Ramazon Xayrulla Nematjon Isʼhoq Xoʻjabek Botir Ochil Davron Asqar
        """),
        women=_words("""
            Dilnoza Nilufar Gulnora Zulfiya Shahnoza Nodira Feruza Malika Sevara Madina Kamola Nargiza Oygul Xurshida
            Muhabbat Barno Lola Yulduz Moʻtabar Oʻgʻiloy
        """),
        endings={Ending.OV: 1.0},
        regions=_regions(
            "UZ",
            ("Samarqand", "Самарканд", "Samarkand"),
            ("Andijon", "Андижан", "Andijan"),
            ("Fargʻona", "Фергана", "Fergana"),
            ("Namangan", "Наманган", "Namangan"),
            ("Qashqadaryo", "Кашкадарья", "Kashkadarya"),
            ("Surxondaryo", "Сурхандарья", "Surkhandarya"),
            ("Buxoro", "Бухара", "Bukhara"),
            ("Xorazm", "Хорезм", "Khorezm"),
            ("Jizzax", "Джизак", "Jizzakh"),
            ("Toshkent", "Ташкент", "Tashkent"),
        )
        + _regions("KG", ("Oʻsh", "Ош", "Osh"))
        + _regions("TJ", ("Soʻgʻd", "Согд", "Sughd")),
    ),
    People.TAJIK: Table(
        share=0.22,
        letters="абвгғдеёжзиӣйкқлмнопрстуӯфхҳчҷшъэюя",
        men=_words("""
            Фаррух Далер Беҳрӯз Сӯҳроб Ҷамшед Фирдавс Умед Хуршед Меҳроҷ Алишер Парвиз Комрон Диловар Баҳром Абдулло
            Абдураҳим Аҳмад Ёқуб Зафар Зикрулло Исмоил Ҷаҳонгир Ҷурабой Қурбон Қодир Ҳабиб Ҳасан Ҳусейн Ҳикмат Маҳмуд
            Мирзо Муҳаммад Набӣ Насрулло Наҷмиддин Нозим Раҳим Рустам Саид Сайфиддин Сафар Сироҷ Суҳайл Тоҷиддин
            Фозил Шамсиддин Шодӣ Эраҷ Юсуф Ғаффор Ғуломалӣ Давлат Назар Мурод Холмурод Ҷума Бобо Пӯлод Саъдӣ Неъмат
            Шариф Толиб Гулмурод Восеъ Зоир Искандар
        """),
        women=_words("""
            Мадина Зарина Нигора Фарзона Шаҳло Гулноз Манижа Сабрина Ҷамила Моҳира Парвина Ситора
        """),
        endings={Ending.OV: 0.55, Ending.ZODA: 0.25, Ending.I: 0.08, Ending.BARE: 0.12},
        regions=_regions(
            "TJ",
            ("Хатлон", "Хатлон", "Khatlon"),
            ("Суғд", "Согд", "Sughd"),
            ("Душанбе", "Душанбе", "Dushanbe"),
            ("Бадахшон", "Бадахшан", "Badakhshan"),
            ("Ҳисор", "Гиссар", "Hisor"),
            ("Кӯлоб", "Куляб", "Kulob"),
        )
        + _regions("UZ", ("Самарқанд", "Самарканд", "Samarkand")),
    ),
    People.KYRGYZ: Table(
        share=0.16,
        letters="абвгдеёжзийклмнңоөпрстуүфхчшыэюя",
        men=_words("""
            Азамат Нурбек Бакыт Данияр Улан Эрмек Талант Мирлан Бекболот Чыңгыз Тилек Айбек Акжол Алмаз Асан Болот
            Жаныбек Жеңишбек Жолдош Жумабек Замирбек Ислам Кубанычбек Канат Кайрат Нурлан Өмүрбек Рыскул Сыймык Темир
            Төлөгөн Урмат Чоро Шаршен Эмил Эсен Калмамат Абдыкадыр Маматкул Сүйүн Жээнбек Абдылда Түгөлбай Үмөтаалы
            Турсунбай Кенжебек Мелис Байышбек Эрлан Көчкөн Дөөлөт
        """),
        women=_words("""
            Айгүл Айпери Бүбүсара Гүлнара Жылдыз Назгүл Нургүл Чолпон Элнура Бегимай Миргүл Үмүт
        """),
        endings={Ending.OV: 0.78, Ending.SON: 0.22},
        regions=_regions(
            "KG",
            ("Ош", "Ош", "Osh"),
            ("Жалал-Абад", "Джалал-Абад", "Jalal-Abad"),
            ("Баткен", "Баткен", "Batken"),
            ("Чүй", "Чуй", "Chuy"),
            ("Ысык-Көл", "Иссык-Куль", "Issyk-Kul"),
            ("Нарын", "Нарын", "Naryn"),
            ("Талас", "Талас", "Talas"),
        ),
    ),
    People.KAZAKH: Table(
        share=0.06,
        letters="аәбвгғдеёжзийкқлмнңоөпрстуұүфхһчшыіэюя",
        men=_words("""
            Ерлан Нұрлан Серік Бауыржан Мұрат Асқар Айдос Дәурен Қайрат Жандос Берік Бақыт Ержан Ғалым Ерболат Қуаныш
            Мейрам Талғат Төлеген Өмірбек Әділбек Әлібек Бекболат Дархан Досжан Жасұлан Жұмабек Есен Қанат Мәди Олжас
            Рүстем Сәкен Сұлтан Тілеухан Үсен Шыңғыс Ықылас Ілияс Тұрсын Жұмағали Қажымұрат
        """),
        women=_words("""
            Айгүл Әсел Гүлнар Динара Жанар Қарлығаш Мөлдір Салтанат Үміт Шолпан
        """),
        endings={Ending.OV: 0.72, Ending.SON: 0.18, Ending.BARE: 0.1},
        regions=_regions(
            "KZ",
            ("Түркістан", "Туркестан", "Turkistan"),
            ("Жамбыл", "Жамбыл", "Zhambyl"),
            ("Қызылорда", "Кызылорда", "Kyzylorda"),
            ("Ақтөбе", "Актобе", "Aktobe"),
            ("Маңғыстау", "Мангистау", "Mangystau"),
        )
        + _regions("UZ", ("Нөкіс", "Нукус", "Nukus")),
    ),
    People.TURKMEN: Table(
        share=0.06,
        letters="abçdeäfghijžklmnňoöprsştuüwyýz",
        men=_words("""
            Myrat Maksat Begenç Döwlet Guwanç Azat Batyr Kerim Merdan Resul Rahym Rüstem Şöhrat Şamyrat Ýusup Ýagmyr
            Ýazmyrat Atamyrat Annamyrat Durdy Garly Gurban Gurbangeldi Hojamyrat Çary Allaberdi Amangeldi Nurmyrat
            Orazgeldi Öwez Üzüm Sapar Jumamyrat Juma Ahmet Ata Baýram Täçmyrat Hemra Saýat Ilmyrat Muhammetguly
        """),
        women=_words("""
            Aýgül Ogulgerek Jeren Maral Mähri Gözel Oguljahan Bägül Selbi Läle
        """),
        endings={Ending.OV: 1.0},
        regions=_regions(
            "TM",
            ("Daşoguz", "Дашогуз", "Dashoguz"),
            ("Lebap", "Лебап", "Lebap"),
            ("Mary", "Мары", "Mary"),
            ("Ahal", "Ахал", "Ahal"),
            ("Balkan", "Балкан", "Balkan"),
        )
        + _regions("UZ", ("Horezm", "Хорезм", "Khorezm")),
    ),
}

# (number, region) of invented penal colonies; the number alone repeats across regions, as it does in life.
COLONIES: tuple[tuple[str, str], ...] = (
    ("ИК-6", "Лесная область"),
    ("ИК-6", "Озёрная область"),
    ("ИК-2", "Заречная область"),
    ("ИК-11", "Лесная область"),
    ("ИК-15", "Северный край"),
    ("ИК-27", "Северный край"),
    ("ИК-3", "Степная область"),
    ("ИК-9", "Заречная область"),
    ("ИК-33", "Озёрная область"),
    ("КП-4", "Степная область"),
)
WOMENS_COLONIES: tuple[tuple[str, str], ...] = (("ИК-12", "Озёрная область"), ("ИК-5", "Лесная область"))
